#include "thrum/learn/linear/linear_regression.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <string>
#include <vector>

#include "thrum/core/error.h"
#include "thrum/core/log.h"
#include "thrum/core/refusal_test.h"
#include "thrum/learn/linear/linear_regression_testing_internal.h"

namespace thrum {
namespace {

using testing_data::GeneratedNumbers;
using testing_data::take;
using Numbers = std::vector<double>;
using Mask = std::vector<std::uint8_t>;
using O = LinearRegressionOptions;
using Parts = LinearRegressionModel::Parts;
using test::refusal;

const O raw = {.standardize = false};

struct Kind {
  LinearPenalty penalty;
  O options;
};

void PrintTo(const Kind& kind, std::ostream* out) {
  *out << LinearRegression(kind.penalty).name();
}

std::vector<Kind> kinds() {
  return {{LinearPenalty::none, {}},
          {LinearPenalty::l2, {.alpha = 3}},
          {LinearPenalty::l1, {.alpha = 0.05, .tol = 1e-13}},
          {LinearPenalty::elastic_net, {.alpha = 0.1, .tol = 1e-13}},
          {LinearPenalty::l1, {.alpha = 0.05, .positive = true, .tol = 1e-13}},
          {LinearPenalty::none, {.positive = true, .tol = 1e-13}}};
}

/// Columns "x0", "x1", … and the target "y".
Dataset numbers(const std::vector<Numbers>& x, const Numbers& y, const Numbers& weights = {}) {
  std::vector<Column> columns;
  for (std::size_t j = 0; j < x.size(); ++j) columns.push_back(Column::float64("x" + std::to_string(j), x[j]));
  columns.push_back(Column::float64("y", y));
  if (!weights.empty()) columns.push_back(Column::float64("weight", weights));
  return Dataset(std::make_shared<const Table>(std::move(columns), "numbers"),
                 {.target = "y", .task = Task::regression, .weight = weights.empty() ? "" : "weight"});
}

std::unique_ptr<LinearRegressionModel> fit(const Dataset& dataset, LinearPenalty penalty, const O& options = {}) {
  return LinearRegression(penalty).fit(dataset, options, LocalExecution(2));
}

Parts fit_spec(const Dataset& dataset, const Kind& kind, FitSpec spec) {
  const Options described(kind.options, O::fields(kind.penalty));
  spec.options = &described;
  const auto models = LinearRegression(kind.penalty).fit_many(dataset, std::span(&spec, 1), LocalExecution(2));
  return dynamic_cast<const LinearRegressionModel&>(*models.front()).parts();
}

void expect_near(const Parts& a, const Parts& b, double tolerance) {
  ASSERT_EQ(a.coefficients.size(), b.coefficients.size());
  for (std::size_t j = 0; j < a.coefficients.size(); ++j) {
    EXPECT_NEAR(a.coefficients[j], b.coefficients[j], tolerance) << "coefficient " << j;
  }
  EXPECT_NEAR(a.intercept, b.intercept, tolerance);
}

TEST(LinearRegression, FindsTheLineThatCanBeDoneByHand) {
  const auto model = fit(numbers({{1, 2, 3}}, {2, 3, 7}), LinearPenalty::none, raw);
  EXPECT_NEAR(model->parts().coefficients[0], 2.5, 1e-14);
  EXPECT_NEAR(model->parts().intercept, -1, 1e-14);
  EXPECT_NEAR(model->training().objective, 1.5, 1e-13);
  EXPECT_TRUE(model->training().converged);
  EXPECT_EQ(model->training().stopped_by, "the equations are solved");
  EXPECT_EQ(model->training().n_rows, 3u);
}

TEST(LinearRegression, GoesThroughTheOriginWithoutAnIntercept) {
  O options = raw;
  options.fit_intercept = false;
  const auto model = fit(numbers({{1, 2, 3}}, {2, 3, 7}), LinearPenalty::none, options);
  EXPECT_NEAR(model->parts().coefficients[0], 29.0 / 14, 1e-14);
  EXPECT_EQ(model->parts().intercept, 0);
}

TEST(LinearRegression, KeepsItsDigitsFarFromZero) {
  const auto model = fit(numbers({{1e8 + 1, 1e8 + 2, 1e8 + 3}}, {1e9 + 2, 1e9 + 3, 1e9 + 7}), LinearPenalty::none, raw);
  EXPECT_NEAR(model->parts().coefficients[0], 2.5, 1e-12);
}

TEST(Ridge, ShrinksTheSlopeThatCanBeDoneByHand) {
  // Centred: sum x^2 = 2, sum x y = 5, so that alpha = 3 halves the slope of 2.5 and more: 5 / (2 + 3).
  O options = raw;
  options.alpha = 3;
  const auto model = fit(numbers({{1, 2, 3}}, {2, 3, 7}), LinearPenalty::l2, options);
  EXPECT_NEAR(model->parts().coefficients[0], 1, 1e-14);
  EXPECT_NEAR(model->parts().intercept, 2, 1e-14);
  EXPECT_NEAR(model->training().objective, 6 + 3, 1e-13);
}

TEST(Lasso, ShrinksTheSlopeThatCanBeDoneByHand) {
  // 1/6 (2 w^2 - 10 w) + |w| is least at (5 - 3) / 2.
  O options = raw;
  options.tol = 1e-14;
  const auto model = fit(numbers({{1, 2, 3}}, {2, 3, 7}), LinearPenalty::l1, options);
  EXPECT_NEAR(model->parts().coefficients[0], 1, 1e-14);
  EXPECT_NEAR(model->training().objective, 6.0 / 6 + 1, 1e-13);
  EXPECT_EQ(model->training().stopped_by, "the duality gap is within tol");
  EXPECT_LE(*model->parts().duality_gap, 1e-13);
}

TEST(Lasso, MakesAllCoefficientsZeroUnderAStrongPenalty) {
  const auto model = fit(GeneratedNumbers{}.dataset(), LinearPenalty::l1, {.alpha = 1e3});
  EXPECT_EQ(std::ranges::count(model->parts().coefficients, 0.0),
            static_cast<std::ptrdiff_t>(model->parts().coefficients.size()));
  EXPECT_TRUE(model->training().converged);
}

TEST(Lasso, SaysThatItDidNotConverge) {
  std::string text;
  set_log_sink([&](LogLevel, std::string_view message) { text += std::string(message) + "\n"; });
  const auto model = fit(GeneratedNumbers{}.dataset(), LinearPenalty::l1, {.alpha = 1e-3, .tol = 0, .max_iter = 1});
  set_log_sink(nullptr);
  EXPECT_FALSE(model->training().converged);
  EXPECT_EQ(model->training().stopped_by, "max_iter");
  EXPECT_THAT(
      text, testing::MatchesRegex("\\[lasso\\] not converged after [0-9]+ sweeps; raise max_iter or tol, or alpha\n"));
}

TEST(ElasticNet, IsALassoAndARidgeAtItsEnds) {
  const Dataset dataset = GeneratedNumbers{}.dataset();
  const auto lasso = fit(dataset, LinearPenalty::l1, {.alpha = 0.1, .tol = 1e-13});
  const auto all_l1 = fit(dataset, LinearPenalty::elastic_net, {.alpha = 0.1, .l1_ratio = 1, .tol = 1e-13});
  expect_near(all_l1->parts(), lasso->parts(), 1e-9);
  double total = 0;
  for (const double weight : dataset.weights()) total += weight;
  const auto ridge = fit(dataset, LinearPenalty::l2, {.alpha = 0.1 * total});
  const auto all_l2 = fit(dataset, LinearPenalty::elastic_net, {.alpha = 0.1, .l1_ratio = 0});
  expect_near(all_l2->parts(), ridge->parts(), 1e-10);
}

TEST(LinearRegression, SaysThatColumnsDependOnEachOther) {
  const auto model = fit(numbers({{1, 2, 3, 4}, {2, 4, 6, 8}}, {1, 2, 3, 5}), LinearPenalty::none, {});
  ASSERT_EQ(model->training().warnings.size(), 1u);
  EXPECT_EQ(model->training().warnings[0],
            "of the 2 columns only 1 are independent of each other: of the coefficients that fit equally well, the "
            "smallest were taken");
  EXPECT_NEAR(model->parts().coefficients[0], model->parts().coefficients[1], 1e-12);
}

TEST(LinearRegression, KnowsDependentColumnsInSinglePrecisionToo) {
  const Random random(4);
  Numbers a(300), b(300), sum(300), y(300);
  for (std::size_t i = 0; i < 300; ++i) {
    a[i] = random.normal(3 * i);
    b[i] = random.normal(3 * i + 1);
    sum[i] = 0.3 * a[i] - 0.7 * b[i];
    y[i] = a[i] + random.normal(3 * i + 2);
  }
  const auto single = fit(numbers({a, b, sum}, y), LinearPenalty::none, {.dtype = "float32"});
  EXPECT_EQ(single->training().warnings.size(), 1u);
  expect_near(single->parts(), fit(numbers({a, b, sum}, y), LinearPenalty::none)->parts(), 1e-4);
}

TEST(LinearRegression, SaysWhyThereAreNoStandardErrors) {
  const Dataset dataset = numbers({{1, 2, 3, 5}}, {2, 3, 7, 8});
  EXPECT_TRUE(fit(dataset, LinearPenalty::none)->parts().inference.has_value());
  EXPECT_EQ(fit(dataset, LinearPenalty::none)->parts().no_inference, "");
  EXPECT_EQ(fit(dataset, LinearPenalty::l2)->parts().no_inference,
            "a penalty biases the coefficients; use linear-regression");
  EXPECT_EQ(fit(dataset, LinearPenalty::l1)->parts().no_inference,
            "a penalty biases the coefficients; use linear-regression");
  EXPECT_EQ(fit(dataset, LinearPenalty::none, {.positive = true})->parts().no_inference,
            "bounds on the coefficients bias them; use positive=false");
  EXPECT_EQ(fit(numbers({{1, 2}}, {2, 3}), LinearPenalty::none)->parts().no_inference,
            "there are not more rows than coefficients");
  EXPECT_EQ(fit(numbers({{1, 2, 4}}, {5, 5, 5}), LinearPenalty::none)->parts().no_inference, "the fit is exact");
  EXPECT_EQ(fit(GeneratedNumbers{}.dataset(), LinearPenalty::none)->parts().no_inference,
            "columns depend on each other (those of a category add up to one); leave one of them out");
}

TEST(LinearRegression, GoesThroughFewerRowsThanColumns) {
  const auto model = fit(GeneratedNumbers{{.n_rows = 12, .n_columns = 30}}.dataset(), LinearPenalty::none);
  EXPECT_NEAR(model->training().objective, 0, 1e-8);
}

TEST(LinearRegression, PredictsTheMeanOfAConstantTarget) {
  for (const Kind& kind : kinds()) {
    const Parts parts = fit_spec(numbers({{1, 2, 4}}, {5, 5, 5}), kind, {});
    EXPECT_NEAR(parts.coefficients[0], 0, 1e-12);
    EXPECT_NEAR(parts.intercept, 5, 1e-12);
    EXPECT_TRUE(parts.training.converged);
  }
}

class EachLinearRegression : public testing::TestWithParam<Kind> {};

TEST_P(EachLinearRegression, TakesWholeWeightsAsRepetitions) {
  const Parts weighted =
      fit_spec(numbers({{0.5, 1.5, -1, 2}, {1, 0, 3, 1}}, {1, 2, 4, 3}, {2, 1, 3, 1}), GetParam(), {});
  const Parts repeated =
      fit_spec(numbers({{0.5, 0.5, 1.5, -1, -1, -1, 2}, {1, 1, 0, 3, 3, 3, 1}}, {1, 1, 2, 4, 4, 4, 3}), GetParam(), {});
  expect_near(weighted, repeated, 1e-9);
  EXPECT_NEAR(weighted.training.objective, repeated.training.objective, 1e-11);
}

TEST_P(EachLinearRegression, TakesAWeightOfZeroAsARowThatIsNotThere) {
  const Parts zero = fit_spec(numbers({{0.5, 1.5, 77, 2}}, {1, 2, 4, 4}, {1, 1, 0, 1}), GetParam(), {});
  const Parts removed = fit_spec(numbers({{0.5, 1.5, 2}}, {1, 2, 4}), GetParam(), {});
  expect_near(zero, removed, 1e-9);
  EXPECT_EQ(zero.training.n_rows, 3u);
}

TEST_P(EachLinearRegression, TakesAMaskedRowAsARowThatIsNotThere) {
  const GeneratedNumbers generated{{.n_rows = 900}};
  for (const std::size_t part : {2, 10}) {  // most rows masked out, and few
    Mask mask(900, part == 2 ? 0 : 1);
    std::vector<std::size_t> kept;
    for (std::size_t i = 0; i < 900; ++i) {
      if (i % 10 == 3) mask[i] = mask[i] == 0 ? 1 : 0;
      if (mask[i] != 0) kept.push_back(i);
    }
    const Parts masked = fit_spec(generated.dataset(), GetParam(), {.row_mask = mask});
    const Parts removed = fit_spec(GeneratedNumbers::dataset_of(take(*generated.table(), kept)), GetParam(), {});
    expect_near(masked, removed, 1e-12);
    EXPECT_EQ(masked.training.n_rows, kept.size());
  }
}

TEST_P(EachLinearRegression, MultipliesTheWeightsOfTheSpecWithThoseOfTheDataset) {
  const Numbers own = {4, 3, 2, 1};
  const Parts both = fit_spec(numbers({{1, 2, 3, 4}}, {1, 3, 2, 5}, {1, 2, 3, 4}), GetParam(), {.weights = own});
  const Parts product = fit_spec(numbers({{1, 2, 3, 4}}, {1, 3, 2, 5}, {4, 6, 6, 4}), GetParam(), {});
  expect_near(both, product, 1e-12);
}

TEST_P(EachLinearRegression, DoesNotDependOnTheOrderOfRows) {
  const GeneratedNumbers generated{{.n_rows = 9000, .n_columns = 3}};
  std::vector<std::size_t> backwards(9000);
  std::iota(backwards.rbegin(), backwards.rend(), std::size_t{0});
  const auto backward = GeneratedNumbers::dataset_of(take(*generated.table(), backwards));
  expect_near(fit_spec(generated.dataset(), GetParam(), {}), fit_spec(backward, GetParam(), {}), 1e-12);
}

TEST_P(EachLinearRegression, ReachesInSinglePrecisionNearlyTheSameOptimum) {
  const Dataset dataset = GeneratedNumbers{{.n_rows = 5000}}.dataset();
  Kind single = GetParam();
  single.options.dtype = "float32";
  single.options.tol = 1e-7;
  // Without a penalty many solutions fit equally well: the objective tells.
  const Parts f32 = fit_spec(dataset, single, {});
  const Parts f64 = fit_spec(dataset, GetParam(), {});
  EXPECT_NEAR(f32.training.objective / f64.training.objective, 1, 1e-5);
}

TEST_P(EachLinearRegression, ChangesOnlyTheUnitsWhereAColumnIsScaled) {
  const Numbers x = {1, 2, 3, 4, 6};
  Numbers scaled;
  for (const double value : x) scaled.push_back(1000 * value);
  const Parts one = fit_spec(numbers({x, {1, 0, 0, 2, 1}}, {1, 3, 2, 5, 5}), GetParam(), {});
  const Parts other = fit_spec(numbers({scaled, {1, 0, 0, 2, 1}}, {1, 3, 2, 5, 5}), GetParam(), {});
  expect_near(one, other, 1e-9);
  EXPECT_NEAR(other.encoder.encodings()[0].scale / one.encoder.encodings()[0].scale, 1000, 1e-9);
}

TEST_P(EachLinearRegression, FitsManyLikeEachAlone) {
  const Dataset dataset = GeneratedNumbers{{.n_rows = 3000}}.dataset();
  const Dataset complete = numbers({{1, 2, 3, 4, 6, 7, 9}, {1, 0, 0, 2, 1, 1, 0}}, {1, 3, 2, 5, 5, 7, 6});
  for (const Dataset* data : {&dataset, &complete}) {
    std::vector<Mask> masks(2, Mask(data->n_rows(), 1));
    for (std::size_t i = 0; i < data->n_rows(); ++i) masks[i % 3 == 0 ? 0 : 1][i] = i % 3 == 1 ? 1 : 0;
    std::vector<Options> options;
    for (const double alpha : {0.2, 0.01, 0.0, 1e-5}) {
      O candidate = GetParam().options;
      candidate.alpha = alpha;
      options.emplace_back(candidate, O::fields(GetParam().penalty));
    }
    std::vector<FitSpec> specs;
    for (const Options& candidate : options) {
      specs.push_back({.options = &candidate});
      for (const Mask& mask : masks) specs.push_back({.options = &candidate, .row_mask = mask});
    }
    const LinearRegression learner(GetParam().penalty);
    const auto models = learner.fit_many(*data, specs, LocalExecution(2));
    for (std::size_t i = 0; i < specs.size(); ++i) {
      const auto alone = learner.fit_many(*data, std::span(&specs[i], 1), LocalExecution(2));
      EXPECT_EQ(serialize(*models[i]), serialize(*alone.front())) << "spec " << i;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Kinds, EachLinearRegression, testing::ValuesIn(kinds()));

TEST(LinearRegression, KeepsCoefficientsPositiveWhereAsked) {
  const Dataset dataset = GeneratedNumbers{}.dataset();
  EXPECT_LT(std::ranges::min(fit(dataset, LinearPenalty::none)->parts().coefficients), -0.1);
  const auto model = fit(dataset, LinearPenalty::none, {.positive = true, .tol = 1e-10});
  EXPECT_EQ(std::ranges::min(model->parts().coefficients), 0);
  EXPECT_EQ(model->training().stopped_by, "the conditions of optimality are within tol");
}

TEST(LinearRegression, KeepsTheOutlierOfALeftOutRowOutOfTheDigits) {
  Numbers x = {1e9};
  Numbers y = {-1e12};
  for (int i = 0; i < 50; ++i) {
    x.push_back(i);
    y.push_back(2 * i + (i % 2));
  }
  Mask mask(x.size(), 1);
  mask[0] = 0;
  const Numbers own_x(x.begin() + 1, x.end());
  const Numbers own_y(y.begin() + 1, y.end());
  for (const Kind& kind : kinds()) {
    expect_near(fit_spec(numbers({x}, y), kind, {.row_mask = mask}), fit_spec(numbers({own_x}, own_y), kind, {}), 1e-9);
  }
}

TEST(LinearRegression, RefusesATargetOfClasses) {
  const Dataset dataset = testing_data::Generated{}.dataset();
  EXPECT_EQ(refusal([&] { fit(dataset, LinearPenalty::l2); }),
            "[ridge] expected a target of numbers, \"label\" is one of classes");
}

TEST(LinearRegression, RefusesWhatDoesNotFit) {
  const Dataset dataset = numbers({{1, 2, 3}}, {2, 3, 7});
  const Kind kind{LinearPenalty::l1, {}};
  EXPECT_EQ(refusal([&] { fit_spec(dataset, kind, {.row_mask = Mask{1, 1}}); }),
            "[lasso] expected one mask value for each of the 3 rows, got 2");
  EXPECT_EQ(refusal([&] { fit_spec(dataset, kind, {.row_mask = Mask{0, 0, 0}}); }),
            "[lasso] no training row has a weight above 0; train on rows with weights above 0");
  EXPECT_EQ(refusal([&] { fit_spec(dataset, kind, {.weights = Numbers{1e100, 1e100, 1}}); }),
            "[lasso] expected weights that add up to 1e+100 at most, with those of the fit it is more; divide them all "
            "by the same number");
  EXPECT_EQ(refusal([&] { fit(dataset, LinearPenalty::l2, {.alpha = -1}); }),
            "[alpha] expected a number in [0, inf), got \"-1\"");
  // Which pays for rows that are read often.
  EXPECT_EQ(refusal([&] { fit(dataset, LinearPenalty::l2, {.dtype = "bfloat16"}); }),
            "[dtype] expected one of: float64, float32, got \"bfloat16\"");
}

TEST(LinearRegression, RefusesValuesThatTheTypeCannotHold) {
  const Dataset dataset = numbers({{1, 2, 3}}, {1e30, -1e30, 3e30});
  EXPECT_EQ(refusal([&] { fit(dataset, LinearPenalty::l2, {.dtype = "float32"}); }),
            "[ridge] expected squares that float32 can hold, some are not finite; use standardize=true or "
            "dtype=float64, or divide the target");
}

TEST(LinearRegression, EndsWhenAskedTo) {
  LocalExecution local(2);
  std::stop_source source;
  Execution execution = local.get();
  execution.stop = source.get_token();
  source.request_stop();
  const auto fit = [&] { LinearRegression(LinearPenalty::l1).fit(GeneratedNumbers{}.dataset(), O{}, execution); };
  EXPECT_NE(refusal(fit, ErrorCode::cancelled), "no error");
}

TEST(LinearRegression, IsFoundByEachOfItsNames) {
  for (const char* name : {"linear-regression", "ridge", "lasso", "elastic-net"}) {
    const Learner& learner = find_learner(name);
    EXPECT_EQ(learner.name(), name);
    EXPECT_EQ(learner.tasks()[0], Task::regression);
    EXPECT_EQ(learner.row_access(), RowAccess::sums);
  }
  EXPECT_EQ(find_learner("elastic-net").default_options().get("l1_ratio"), "0.5");
  EXPECT_THAT(refusal([] { find_learner("ridge").default_options().get("l1_ratio"); }),
              testing::HasSubstr("there is no option \"l1_ratio\""));
}

}  // namespace
}  // namespace thrum
