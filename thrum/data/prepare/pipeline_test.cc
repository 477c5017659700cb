#include "thrum/data/prepare/pipeline.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <mutex>

#include "thrum/comm/thread_communicator.h"
#include "thrum/core/error.h"
#include "thrum/core/random.h"
#include "thrum/core/refusal_test.h"
#include "thrum/data/prepare/pipeline_fixture_test.h"
#include "thrum/data/texts_test.h"

namespace thrum {
namespace {

using prepare_test::made_of;
using prepare_test::names_of;
using test::refusal;
using test::texts;
using testing::AllOf;
using testing::DoubleNear;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsNan;
using testing::Optional;
using testing::StartsWith;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

Dataset dataset_of(std::vector<Column> columns, Task task = Task::regression) {
  return Dataset(std::make_shared<const Table>(std::move(columns), "t.csv"), {.target = "y", .task = task});
}

Dataset numbers(std::vector<double> x) {
  std::vector<double> y(x.size());
  return dataset_of({Column::float64("x", std::move(x)), Column::float64("y", std::move(y))});
}

Dataset categories(const std::vector<std::string>& c, std::vector<double> y = {}) {
  if (y.empty()) y.resize(c.size());
  return dataset_of({texts("c", c), Column::float64("y", std::move(y))});
}

Pipeline fitted(const Dataset& dataset, std::string_view steps, std::span<const std::uint8_t> mask = {}) {
  const LocalExecution execution(2);
  return Pipeline::fit(dataset, mask, parse_steps(steps), execution);
}

auto near(double value) {
  return DoubleNear(value, 1e-12);
}

TEST(Pipeline, WithoutStepsChangesNothing) {
  EXPECT_THAT(made_of(Pipeline({{"a"}, {"b"}}), {1, nan}), ElementsAre(1, IsNan()));
}

TEST(StandardScaler, BringsTheMeanToZeroAndTheDeviationToOne) {
  const Pipeline pipeline = fitted(numbers({1, 2, nan, 6}), "standard-scaler");
  EXPECT_THAT(made_of(pipeline, {3}), ElementsAre(near(0)));
  EXPECT_THAT(made_of(pipeline, {6}), ElementsAre(near(3 / std::sqrt(14.0 / 3))));
  EXPECT_THAT(made_of(pipeline, {nan}), ElementsAre(IsNan()));
  EXPECT_THAT(made_of(fitted(numbers({5, 5}), "standard-scaler"), {6}), ElementsAre(1));
  EXPECT_THAT(made_of(fitted(numbers({1, 3}), "standard-scaler(with_mean=false)"), {3}), ElementsAre(3));
}

TEST(MinMaxScaler, BringsTheExtremesToTheBounds) {
  const Dataset data = numbers({2, 4, nan});
  EXPECT_THAT(made_of(fitted(data, "min-max-scaler"), {3}), ElementsAre(0.5));
  EXPECT_THAT(made_of(fitted(data, "min-max-scaler(low=-1, high=3)"), {4}), ElementsAre(3));
  EXPECT_THAT(made_of(fitted(data, "min-max-scaler"), {6}), ElementsAre(2));
  EXPECT_THAT(made_of(fitted(data, "min-max-scaler(clip=true)"), {6}), ElementsAre(1));
}

TEST(MaxAbsScaler, LeavesZerosAlone) {
  const Pipeline pipeline = fitted(numbers({-4, 0, 2}), "max-abs-scaler");
  EXPECT_THAT(made_of(pipeline, {-4}), ElementsAre(-1));
  EXPECT_THAT(made_of(pipeline, {0}), ElementsAre(0));
}

TEST(RobustScaler, UsesMedianAndQuartiles) {
  const Pipeline pipeline = fitted(numbers({1, 2, 3, 4, 1000}), "robust-scaler");
  EXPECT_THAT(made_of(pipeline, {3}), ElementsAre(0));
  EXPECT_THAT(made_of(pipeline, {7}), ElementsAre(2));
}

TEST(QuantileTransformer, GivesTheShareOfSmallerValues) {
  const Pipeline uniform = fitted(numbers({0, 10, 20, 30, 40}), "quantile-transformer");
  EXPECT_THAT(made_of(uniform, {-1}), ElementsAre(0));
  EXPECT_THAT(made_of(uniform, {15}), ElementsAre(near(0.375)));
  EXPECT_THAT(made_of(uniform, {99}), ElementsAre(1));
  const Pipeline normal = fitted(numbers({0, 10, 20, 30, 40}), "quantile-transformer(output_distribution=normal)");
  EXPECT_THAT(made_of(normal, {20}), ElementsAre(near(0)));
  EXPECT_THAT(made_of(normal, {30}), ElementsAre(near(0.67448975019608171)));
  EXPECT_THAT(made_of(normal, {99}), ElementsAre(DoubleNear(5.199337582290661, 1e-9)));
}

TEST(PowerTransformer, FindsTheLogarithmOfLogNormalNumbers) {
  const Random random(3);
  std::vector<double> x(5000);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = std::expm1(1 + 0.5 * random.normal(i));
  const Pipeline pipeline = fitted(numbers(x), "power-transformer(standardize=false)");
  for (const double value : {0.5, 2.0, 8.0}) {
    EXPECT_NEAR(made_of(pipeline, {value})[0], std::log1p(value), 0.15) << value;
  }
}

TEST(PowerTransformer, TakesPositiveNumbersByBoxAndCox) {
  const Random random(3);
  std::vector<double> x(5000);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = i == 7 ? nan : std::exp(1 + 0.5 * random.normal(i));
  const Pipeline pipeline = fitted(numbers(x), "power-transformer(method=box-cox, standardize=false)");
  for (const double value : {0.5, 2.0, 8.0}) EXPECT_NEAR(made_of(pipeline, {value})[0], std::log(value), 0.15);
  EXPECT_THAT(made_of(pipeline, {0}), ElementsAre(IsNan()));
  EXPECT_THAT(made_of(fitted(numbers({4, 4}), "power-transformer(method=box-cox)"), {5}), ElementsAre(near(4)));
  const std::uint8_t mask[] = {1, 0, 1, 1};
  EXPECT_EQ(refusal([&] { fitted(numbers({2, -7, -1, -1}), "power-transformer(method=box-cox)", mask); }),
            "[prepare] power-transformer: the column \"x\" holds -1 in row 3, box-cox takes positive numbers; use "
            "method=yeo-johnson, or name other columns");
}

TEST(KBins, HaveEqualCountsOrWidths) {
  const Dataset data = numbers({0, 1, 2, 3, 4, 5, 6, 100});
  EXPECT_THAT(made_of(fitted(data, "k-bins(n_bins=2)"), {3}), ElementsAre(0));
  EXPECT_THAT(made_of(fitted(data, "k-bins(n_bins=2)"), {4}), ElementsAre(1));
  EXPECT_THAT(made_of(fitted(data, "k-bins(n_bins=2, strategy=uniform)"), {6}), ElementsAre(0));
  const Pipeline columns = fitted(data, "k-bins(n_bins=2, encode=onehot)");
  EXPECT_THAT(names_of(columns), ElementsAre("x=bin0", "x=bin1"));
  EXPECT_THAT(made_of(columns, {100}), ElementsAre(0, 1));
  EXPECT_THAT(made_of(columns, {nan}), ElementsAre(0, 0));
}

TEST(VarianceThreshold, DropsConstantsAlone) {
  const Dataset data = dataset_of(
      {Column::float64("a", {0.1, 0.1, 0.1}), Column::float64("b", {1, 2, 3}), Column::float64("y", {1, 2, 3})});
  EXPECT_THAT(names_of(fitted(data, "variance-threshold")), ElementsAre("b"));
  EXPECT_EQ(refusal([&] { fitted(data, "variance-threshold(threshold=5)"); }),
            "[prepare] variance-threshold: no column is left");
}

TEST(Impute, FillsNumbersAndCategories) {
  const Dataset data = dataset_of({Column::float64("a", {1, 2, 2, 7, nan}), texts("c", {"p", "q", "q", "", "p"}),
                                   texts("d", {"u", "u", "u", "u", "v"}), Column::float64("y", {1, 2, 3, 4, 5})});
  EXPECT_THAT(made_of(fitted(data, "impute"), {nan, nan, nan}), ElementsAre(3, 0, 0));
  EXPECT_THAT(made_of(fitted(data, "impute(strategy=median)"), {nan, 1, 1}), ElementsAre(2, 1, 1));
  EXPECT_THAT(made_of(fitted(data, "impute(strategy=most_frequent)"), {nan, 0, 0}), ElementsAre(2, 0, 0));
  EXPECT_THAT(made_of(fitted(data, "impute(strategy=constant, fill_value=-9)"), {nan, 0, 0}), ElementsAre(-9, 0, 0));
  const Pipeline indicator = fitted(data, "impute(add_indicator=true, columns=a)");
  EXPECT_THAT(names_of(indicator), ElementsAre("a", "a=(missing)", "c", "d"));
  EXPECT_THAT(made_of(indicator, {nan, nan, 1}), ElementsAre(3, 1, IsNan(), 1));
}

TEST(OneHot, MakesAColumnPerCategoryAndOneForMissingValues) {
  const Pipeline pipeline = fitted(categories({"a", "b", "", "b"}), "one-hot");
  EXPECT_THAT(names_of(pipeline), ElementsAre("c=a", "c=b", "c=(missing)"));
  EXPECT_THAT(made_of(pipeline, {1}), ElementsAre(0, 1, 0));
  EXPECT_THAT(made_of(pipeline, {nan}), ElementsAre(0, 0, 1));
  EXPECT_THAT(made_of(pipeline, {2}), ElementsAre(0, 0, 0));  // unknown
}

TEST(OneHot, PutsRareAndUnknownCategoriesTogether) {
  const Pipeline pipeline = fitted(categories({"a", "a", "b", "c"}), "one-hot(min_frequency=2)");
  EXPECT_THAT(names_of(pipeline), ElementsAre("c=a", "c=(infrequent)"));
  EXPECT_THAT(made_of(pipeline, {1}), ElementsAre(0, 1));
  EXPECT_THAT(made_of(pipeline, {3}), ElementsAre(0, 1));
  EXPECT_THAT(names_of(fitted(categories({"a", "a", "b", "c"}), "one-hot(min_frequency=0.5)")),
              ElementsAre("c=a", "c=(infrequent)"));
}

TEST(OneHot, GivesAnUnknownCategoryZerosWhereToldTo) {
  const Pipeline pipeline = fitted(categories({"a", "a", "b"}), "one-hot(min_frequency=2, handle_unknown=ignore)");
  EXPECT_THAT(made_of(pipeline, {1}), ElementsAre(0, 1));
  EXPECT_THAT(made_of(pipeline, {2}), ElementsAre(0, 0));
}

TEST(CategorySteps, RefuseUnknownCategoriesWhereToldTo) {
  const LocalExecution execution(1);
  const Dataset data = categories({"a", "a", "b", ""});
  for (const std::string step : {"one-hot", "ordinal-encoder", "impute; one-hot"}) {
    const Pipeline pipeline = fitted(data, step + "(handle_unknown=error)");
    EXPECT_NO_THROW(pipeline.prepare(data, execution)) << step;
    EXPECT_EQ(refusal([&] {
                pipeline.prepare(Dataset::by_schema(  // as rows of a file of their own
                                     std::make_shared<const Table>(std::vector<Column>{Column::float64("y", {1, 2, 3}),
                                                                                       texts("c", {"b", "", "z\n"})}),
                                     data.schema()),
                                 execution);
              }),
              R"(column "c" of the table: row 3 holds "z\x0a", which is no category of the training rows; )"
              "leave the row out, or train with another handle_unknown than error")
        << step;
    EXPECT_EQ(made_of(pipeline, {0}), made_of(fitted(data, step), {0})) << step;
  }
  EXPECT_FALSE(fitted(data, "one-hot").inputs().front().refuses_unknown);
}

TEST(OneHot, HasNoMoreColumnsThanAllowed) {
  const Dataset data = categories({"a", "b", "b", "c", "c", "d", "d", "d"});
  EXPECT_THAT(names_of(fitted(data, "one-hot(max_categories=4)")), ElementsAre("c=a", "c=b", "c=c", "c=d"));
  EXPECT_THAT(names_of(fitted(data, "one-hot(max_categories=3)")), ElementsAre("c=b", "c=d", "c=(infrequent)"));
  EXPECT_THAT(names_of(fitted(data, "one-hot(max_categories=3, min_frequency=3)")),
              ElementsAre("c=d", "c=(infrequent)"));
  EXPECT_THAT(names_of(fitted(data, "one-hot(max_categories=1)")), ElementsAre("c=(infrequent)"));
}

TEST(OneHot, DropsAColumnThatFollowsFromTheOthers) {
  const Pipeline first = fitted(categories({"a", "b", "c"}), "one-hot(drop=first)");
  EXPECT_THAT(names_of(first), ElementsAre("c=b", "c=c"));
  EXPECT_THAT(made_of(first, {0}), ElementsAre(0, 0));
  EXPECT_THAT(names_of(fitted(categories({"a", "b", "c"}), "one-hot(drop=if_binary)")),
              ElementsAre("c=a", "c=b", "c=c"));
  EXPECT_THAT(names_of(fitted(categories({"a", "b"}), "one-hot(drop=if_binary)")), ElementsAre("c=b"));
}

TEST(OrdinalEncoder, GivesThePlaceOfTheCategory) {
  const Pipeline pipeline = fitted(categories({"b", "a", ""}), "ordinal-encoder(unknown_value=-5)");
  EXPECT_THAT(made_of(pipeline, {1}), ElementsAre(1));
  EXPECT_THAT(made_of(pipeline, {2}), ElementsAre(-5));
  EXPECT_THAT(made_of(pipeline, {nan}), ElementsAre(IsNan()));
}

TEST(TargetEncoder, MixesTheCategoryWithTheWhole) {
  const Pipeline pipeline = fitted(categories({"a", "a", "b", "b"}, {1, 3, 10, 10}), "target-encoder(smooth=2)");
  EXPECT_THAT(made_of(pipeline, {0}), ElementsAre(near((4 + 2 * 6.0) / 4)));
  EXPECT_THAT(made_of(pipeline, {1}), ElementsAre(near((20 + 2 * 6.0) / 4)));
  EXPECT_THAT(made_of(pipeline, {2}), ElementsAre(near(6)));
}

TEST(TargetEncoder, GivesATrainingRowWhatOtherFoldsTeach) {
  // A category of its own for each row: without cross-fitting the encoding would be the target itself.
  std::vector<std::string> c;
  std::vector<double> y;
  for (int i = 0; i < 50; ++i) {
    c.push_back("c" + std::to_string(i));
    y.push_back(i);
  }
  const Dataset data = categories(c, y);
  const LocalExecution execution(1);
  const Pipeline pipeline = fitted(data, "target-encoder(smooth=0)");
  std::vector<double> training(50), other(50);
  pipeline.prepare_training(data, execution).reader().read_feature(0, 0, training);
  pipeline.prepare(data, execution).reader().read_feature(0, 0, other);
  for (std::size_t i = 0; i < 50; ++i) EXPECT_NEAR(training[i], 24.5, 6) << i;
  EXPECT_NE(training, other);
  std::vector<double> codes(50);
  data.reader().read_feature(0, 0, codes);
  for (std::size_t i = 0; i < 50; ++i) EXPECT_DOUBLE_EQ(other[i], y[i]);
}

TEST(TargetEncoder, HasAColumnPerClass) {
  const Dataset data = dataset_of({texts("c", {"a", "b", "a"}), texts("y", {"r", "s", "t"})}, Task::classification);
  const Pipeline pipeline = fitted(data, "target-encoder(smooth=0)");
  EXPECT_THAT(names_of(pipeline), ElementsAre("c=r", "c=s", "c=t"));
  EXPECT_THAT(made_of(pipeline, {0}), ElementsAre(0.5, 0, 0.5));
}

TEST(Pipeline, StepsSeeWhatThoseBeforeThemMade) {
  const Dataset data = dataset_of(
      {texts("c", {"a", "b", "b", ""}), Column::float64("x", {nan, 2, 4, 6}), Column::float64("y", {1, 2, 3, 4})});
  const Pipeline pipeline = fitted(data, "impute; one-hot; standard-scaler(columns=x); drop(columns=c=a)");
  EXPECT_THAT(names_of(pipeline), ElementsAre("c=b", "x"));
  EXPECT_THAT(made_of(pipeline, {nan, nan}), ElementsAre(1, 0));
}

TEST(Pipeline, ChoosesColumnsByTheirType) {
  const Dataset data = dataset_of({texts("c", {"a", "b", ""}), Column::float64("x", {nan, 2, 4}),
                                   Column::float64("numbers", {1, 2, 3}), Column::float64("y", {1, 2, 3})});
  EXPECT_THAT(names_of(fitted(data, "drop(type=category)")), ElementsAre("x", "numbers"));
  EXPECT_THAT(names_of(fitted(data, "drop(type=number)")), ElementsAre("c"));
  EXPECT_THAT(names_of(fitted(data, "drop(columns=numbers)")), ElementsAre("c", "x"));
  EXPECT_THAT(made_of(fitted(data, "impute(type=number)"), {nan, nan, nan}), ElementsAre(IsNan(), 3, 2));
  EXPECT_THAT(made_of(fitted(data, "impute(type=category)"), {nan, nan, 1}), ElementsAre(0, IsNan(), 1));
}

TEST(Pipeline, RowsThatAreMaskedHaveNoSay) {
  const std::uint8_t mask[] = {1, 1, 0};
  EXPECT_THAT(made_of(fitted(numbers({1, 3, 500}), "standard-scaler", mask), {3}), ElementsAre(1));
  EXPECT_THAT(made_of(fitted(numbers({1, 3, 500}), "min-max-scaler", mask), {3}), ElementsAre(1));
  EXPECT_THAT(made_of(fitted(numbers({1, 3, 500}), "impute(strategy=median)", mask), {nan}), ElementsAre(2));
}

/// Long enough for several blocks of rows.
Dataset long_dataset() {
  const Random random(1);
  std::vector<double> x(13000), y(13000);
  std::vector<std::string> c(13000);
  for (std::size_t i = 0; i < x.size(); ++i) {
    x[i] = i % 7 == 0 ? nan : std::exp(random.normal(3 * i));
    y[i] = random.normal(3 * i + 1);
    c[i] = "c" + std::to_string(random.below(3 * i + 2, 40));
  }
  return dataset_of({Column::float64("x", x), texts("c", c), Column::float64("z", y), Column::float64("y", y)});
}

TEST(Pipeline, IsTheSameForAnyNumberOfThreadsAndRanks) {
  const Dataset data = long_dataset();
  const auto steps = parse_steps(
      "impute(strategy=median, add_indicator=true); target-encoder(columns=c); quantile-transformer(columns=x); "
      "power-transformer(columns=z); robust-scaler; standard-scaler");
  const auto json_of = [&](int threads, int ranks) {
    std::string json;
    std::mutex mutex;
    run_thread_ranks(ranks, [&](Communicator& communicator) {
      Arena arena(threads);
      const Execution execution{&arena, &communicator, 5};
      const Dataset mine = data.shard(communicator.rank(), communicator.size());
      const Pipeline pipeline = Pipeline::fit(mine, {}, steps, execution);
      const Dataset prepared = pipeline.prepare_training(mine, execution);
      std::vector<double> values(mine.n_rows());
      if (!values.empty()) prepared.reader().read_feature(2, prepared.first_row(), values);
      const std::scoped_lock lock(mutex);
      if (communicator.rank() == 0) json = pipeline.to_json();
      for (const double value : values) EXPECT_TRUE(std::isfinite(value));
      EXPECT_EQ(prepared.y().size(), mine.y().size());
    });
    return json;
  };
  const std::string alone = json_of(1, 1);
  EXPECT_EQ(json_of(2, 1), alone);
  EXPECT_EQ(json_of(5, 1), alone);
  EXPECT_EQ(json_of(1, 3), alone);
}

TEST(Pipeline, IsReadBackAsItWasWritten) {
  const Dataset data = long_dataset();
  for (const StepKind& kind : step_kinds()) {
    const std::string name(kind.name);
    const Pipeline pipeline = fitted(data, name == "drop" ? "drop(columns=x)" : name);
    const Pipeline again = Pipeline::from_json(pipeline.to_json(), data.schema().features, "m");
    EXPECT_EQ(again.to_json(), pipeline.to_json());
    EXPECT_EQ(made_of(again, {1.5, 3, -1}), made_of(pipeline, {1.5, 3, -1})) << name;
  }
}

TEST(Pipeline, RefusesTextThatItDidNotWrite) {
  const auto refusal = [](std::string_view json) {
    return test::refusal(
        [&] { Pipeline::from_json(json, {{"x"}, {"c", FeatureType::category, {"a", "b"}}}, "m.thrum"); },
        ErrorCode::corrupt_data);
  };
  EXPECT_EQ(refusal("{}"), "[m.thrum] holds a pipeline that is no list");
  EXPECT_EQ(refusal(R"([{"step":"s","columns":[null]}])"),
            "[m.thrum] holds a step of a pipeline that does not fit its columns");
  const auto map_of_x = [&](std::string_view map) {
    return refusal(R"([{"step":"s","columns":[)" + std::string(map) + ",null]}]");
  };
  EXPECT_THAT(map_of_x(R"({"map":"twist"})"), HasSubstr("\"x\" wrongly: \"twist\" is no way to do it"));
  EXPECT_THAT(map_of_x(R"({"map":"fill","value":"inf","indicator":true})"), HasSubstr("a number is infinite"));
  EXPECT_THAT(map_of_x(R"({"map":"bins","cuts":[2,1],"one_hot":false})"), HasSubstr("numbers are not in order"));
  EXPECT_THAT(map_of_x(R"({"map":"rank","quantiles":[1],"normal":false})"), HasSubstr("numbers are not in order"));
  EXPECT_THAT(map_of_x(R"({"map":"look_up","values":[1],"names":["a"]})"), HasSubstr("it has no categories"));
  EXPECT_THAT(refusal(R"([{"step":"s","columns":[null,{"map":"look_up","values":[1],"names":["a"]}]}])"),
              HasSubstr("the number of values does not fit"));
  EXPECT_THAT(refusal(R"([{"step":"s","columns":[null,{"map":"recode","codes":[9,0,0,0],"categories":["a"]}]}])"),
              HasSubstr("a code is out of range"));
  EXPECT_THAT(refusal(R"([{"step":"s","columns":[{"map":"drop"},{"map":"drop"}]}])"), HasSubstr("no column is left"));
}

TEST(ParseSteps, NamesWhatItCannotRead) {
  const auto refusal = [](std::string_view text) { return test::refusal([&] { parse_steps(text); }); };
  EXPECT_EQ(refusal("imput"), "[prepare] expected the name of a step, got \"imput\"; nearest: \"impute\"");
  EXPECT_EQ(refusal("impute(strategy"),
            "[prepare] impute: expected a closing parenthesis at the end of \"impute(strategy\"");
  EXPECT_EQ(refusal("impute(median)"), "[prepare] impute: expected name=value, got \"median\"");
  EXPECT_THAT(refusal("impute(stratgy=median)"), HasSubstr("strategy"));
  EXPECT_EQ(refusal("impute(colums=age)"), "[prepare] impute: there is no option \"colums\"; nearest: \"columns\"");
  EXPECT_EQ(refusal("impute(type=numbr)"),
            "[prepare] impute: [type] expected one of: number, category, got \"numbr\"; nearest: \"number\"");
  EXPECT_THAT(refusal("impute(strategy=middle)"), AllOf(StartsWith("[prepare] impute: [strategy] "),
                                                        HasSubstr("one of: mean, median, most_frequent, constant")));
}

TEST(Pipeline, RefusesColumnsThatAStepCannotWorkOn) {
  const Dataset data = long_dataset();
  const auto refusal = [&](std::string_view steps) { return test::refusal([&] { fitted(data, steps); }); };
  EXPECT_EQ(refusal("standard-scaler(columns=c)"),
            "[prepare] standard-scaler: it works on numbers, and \"c\" is not one");
  EXPECT_EQ(refusal("standard-scaler(columns=X)"),
            "[prepare] standard-scaler: there is no column \"X\"; nearest: \"x\"");
  EXPECT_EQ(refusal("drop"),
            "[prepare] drop: expected columns=…; name columns with | between them, or type=number or type=category");
  EXPECT_EQ(refusal("standard-scaler(type=category)"),
            "[prepare] standard-scaler: it works on numbers, and type=category chooses others");
  EXPECT_EQ(refusal("impute(columns=x, type=number)"), "[prepare] impute: columns=… and type=… exclude each other");
  EXPECT_EQ(refusal("impute(columns=numbers)"),
            "[prepare] impute: there is no column \"numbers\"; all of them are type=number");
  EXPECT_EQ(refusal("impute(columns=categories)"),
            "[prepare] impute: there is no column \"categories\"; all of them are type=category");
  EXPECT_EQ(refusal("min-max-scaler(low=5,high=5)"), "[prepare] min-max-scaler: expected low below high, got 5 and 5");
}

TEST(Pipeline, RefusesWhatItsFileCouldNotHold) {
  const double inf = std::numeric_limits<double>::infinity();
  const Dataset data = numbers({1, inf, 2, 3});
  for (const std::string step : {"impute", "standard-scaler", "quantile-transformer"}) {
    EXPECT_EQ(refusal([&] { fitted(data, step); }),
              "[prepare] " + step +
                  ": the column \"x\" leads to numbers that are not finite, or out of order; "
                  "leave out infinite and extreme values, or the column: columns=…");
  }
}

TEST(Pipeline, SaysThatWhatItMakesWouldNotFitIntoMemory) {
  const LocalExecution execution(1);
  const Dataset data = categories(std::vector<std::string>(1'000'000, "a"));
  const Pipeline pipeline = fitted(data, "hashing(n_features=65536)");
  EXPECT_THAT(refusal([&] { pipeline.prepare(data, execution); }, ErrorCode::out_of_memory),
              AllOf(StartsWith("[prepare] what the steps make of 1000000 rows, 65536 columns, takes 488.3 GiB, this "
                               "machine has "),
                    EndsWith("; make fewer columns, or use fewer rows")));
}

TEST(Pipeline, KnowsTheColumnThatEachOfItsOwnIsMadeOf) {
  const Dataset dataset = dataset_of({Column::float64("x", {1, 2}), texts("c", {"a", "b"}),
                                      Column::float64("z", {3, 5}), Column::float64("y", {0, 0})});
  const auto sources = [&](std::string_view steps) { return fitted(dataset, steps).sources(); };
  EXPECT_THAT(sources("one-hot; drop(columns=x); standard-scaler"), Optional(ElementsAre(1, 1, 2)));
  EXPECT_THAT(sources("one-hot; polynomial(columns=c=a|c=b, interaction_only=true, include_bias=false)"),
              Optional(ElementsAre(0, 2, 1, 1, 1)));
  EXPECT_EQ(sources("normalize; standard-scaler"), std::nullopt);
  EXPECT_THAT(sources("normalize; drop(columns=x|z)"), Optional(ElementsAre(1)));
}

}  // namespace
}  // namespace thrum
