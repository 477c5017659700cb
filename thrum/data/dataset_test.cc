#include "thrum/data/dataset.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <numeric>

#include "thrum/core/refusal_test.h"
#include "thrum/data/texts_test.h"

namespace thrum {
namespace {

using test::refusal;
using test::texts;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::IsNan;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double inf = std::numeric_limits<double>::infinity();

std::shared_ptr<const Table> table_of(std::vector<Column> columns) {
  return std::make_shared<const Table>(std::move(columns), "t.csv");
}

Schema schema_of(std::vector<Feature> features) {
  return {.features = std::move(features), .target = {"y", Task::regression}};
}

std::vector<double> read_all(const FeatureReader& reader) {
  std::vector<double> values(reader.n_rows() * reader.n_features());
  reader.read(0, {values.data(), reader.n_rows(), reader.n_features()});
  return values;
}

TEST(FeatureReader, MatchesColumnsByNameWhateverTheirOrder) {
  const Schema schema = schema_of({{"a"}, {"c", FeatureType::category, {"p", "q"}}});
  const Table table({texts("c", {"q", "", "z"}), Column::int64("other", {9, 9, 9}), Column::float64("a", {1, nan, 3})});
  EXPECT_THAT(read_all(FeatureReader(schema, table)), ElementsAre(1, 1, IsNan(), IsNan(), 3, 2));
}

TEST(FeatureReader, ReadsRowRangesAndSingleFeaturesAlike) {
  const Schema schema = schema_of({{"a"}, {"b"}});
  const Table table({Column::int64("a", {1, 2, 3}), Column::float64("b", {4, 5, 6})});
  const FeatureReader reader(schema, table);
  std::vector<double> rows(2 * 3, -1);
  reader.read(1, MatrixView<double>(rows.data(), 2, 2, 3));
  EXPECT_THAT(rows, ElementsAre(2, 5, -1, 3, 6, -1));
  std::vector<double> b(2);
  reader.read_feature(1, 1, b);
  EXPECT_THAT(b, ElementsAre(5, 6));
}

TEST(FeatureReader, LooksNumbersUpByTheirTextWhereCategoriesAreExpected) {
  const Schema schema = schema_of({{"zip", FeatureType::category, {"10", "9", "n/a"}}});
  EXPECT_THAT(read_all(FeatureReader(schema, Table({Column::int64("zip", {9, 10, 11})}))), ElementsAre(1, 0, 3));
  EXPECT_THAT(read_all(FeatureReader(schema, Table({Column::float64("zip", {9, nan, 9.5})}))),
              ElementsAre(1, IsNan(), 3));
}

TEST(FeatureReader, ReadsAColumnOfMissingTextsAsMissingNumbers) {
  EXPECT_THAT(read_all(FeatureReader(schema_of({{"a"}}), Table({texts("a", {"", ""})}))),
              ElementsAre(IsNan(), IsNan()));
}

TEST(FeatureReader, NamesTheFirstTextAmongNumbers) {
  const Table table({texts("age", {"", " +5", "old", "39"})}, "t.csv");  // what CSV takes for a number is none of it
  EXPECT_EQ(refusal([&] { FeatureReader(schema_of({{"age"}}), table); }),
            "column \"age\" of t.csv: the model expects numbers, row 3 holds \"old\"");
}

TEST(FeatureReader, NamesTheNearestColumnWhenOneIsMissing) {
  const Table table({Column::int64("agee", {1})}, "t.csv");
  EXPECT_EQ(refusal([&] { FeatureReader(schema_of({{"age"}}), table); }),
            "column \"age\" is not in t.csv; nearest: \"agee\"");
}

TEST(Dataset, GivesEachRowTheIndexOfItsClass) {
  const auto x = Column::float64("x", {1, 2, 3});
  const auto y_of = [&](Column y) {
    const Dataset dataset(table_of({x, std::move(y)}), {.target = "y"});
    return std::vector<double>(dataset.y().begin(), dataset.y().end());
  };
  EXPECT_THAT(y_of(texts("y", {"no", "yes", "no"})), ElementsAre(0, 1, 0));
  EXPECT_THAT(y_of(Column::int64("y", {10, 9, -1})), ElementsAre(2, 1, 0));
  EXPECT_THAT(y_of(Column::float64("y", {-0.0, 2, 0.0})), ElementsAre(0, 1, 0));
  EXPECT_THAT(y_of(Column::int64("y", {9007199254740993, 9007199254740992, 0})), ElementsAre(2, 1, 0));
  EXPECT_THAT(y_of(Column::category("y", {2, 0, 2}, {"a", "b", "c"})), ElementsAre(1, 0, 1));
}

TEST(Dataset, KeepsTheNumbersOfARegression) {
  const Dataset dataset(table_of({Column::int64("x", {1, 2}), Column::float64("y", {0.5, -3})}),
                        {.target = "y", .task = Task::regression});
  EXPECT_THAT(dataset.y(), ElementsAre(0.5, -3));
  EXPECT_THAT(dataset.weights(), IsEmpty());
}

TEST(Dataset, ReadsWeightsFromAColumnThatIsNoFeature) {
  const Dataset dataset(
      table_of({Column::int64("x", {1, 2}), Column::int64("w", {2, 0}), Column::float64("y", {0, 1})}),
      {.target = "y", .weight = "w"});
  EXPECT_THAT(dataset.weights(), ElementsAre(2, 0));
  EXPECT_THAT(dataset.schema().feature_names(), ElementsAre("x"));
}

TEST(Dataset, ARowCountsItsWeightTimesThatOfTheFitOrNothingWhereItIsMasked) {
  const auto table = table_of({Column::int64("x", {1, 2}), Column::int64("w", {2, 3}), Column::float64("y", {0, 1})});
  const Dataset weighted(table, {.target = "y", .weight = "w"});
  const std::vector<std::uint8_t> mask = {0, 1};
  const std::vector<double> weights = {5, 7};
  EXPECT_EQ(weighted.weight(1, {}, {}), 3);
  EXPECT_EQ(weighted.weight(1, mask, weights), 21);
  EXPECT_EQ(weighted.weight(0, mask, weights), 0);
  EXPECT_EQ(Dataset(table, {.target = "y"}).weight(0, {}, weights), 5);
}

TEST(Dataset, RefusesUnusableTargetsNamingTheRow) {
  const auto x = Column::int64("x", {1, 2, 3});
  EXPECT_EQ(refusal([&] { Dataset(table_of({x, texts("y", {"a", "b", ""})}), {.target = "y"}); }),
            "target \"y\" is missing in row 3 of t.csv; remove the rows without a target");
  const auto infinite = table_of({x, Column::float64("y", {1, inf, 2})});
  EXPECT_EQ(refusal([&] { Dataset(infinite, {.target = "y", .task = Task::regression}); }),
            "target \"y\" is infinite in row 2 of t.csv; a regression needs finite numbers");
}

std::string weight_refusal(Column weight) {
  const auto table = table_of({Column::int64("x", {1, 2}), Column::int64("y", {0, 1}), std::move(weight)});
  return refusal([&] { Dataset(table, {.target = "y", .weight = "w"}); });
}

TEST(Dataset, RefusesUnusableWeightsNamingTheRow) {
  EXPECT_EQ(weight_refusal(Column::float64("w", {1, -2})),
            "weight \"w\" is -2 in row 2 of t.csv; weights are finite and not negative");
  EXPECT_EQ(weight_refusal(Column::float64("w", {1, 1e308})),
            "weight \"w\" brings their sum above 1e+100 in row 2 of t.csv; divide them all by the same number");
  EXPECT_EQ(weight_refusal(Column::float64("w", {nan, 1})),
            "weight \"w\" is missing in row 1 of t.csv; weights are finite and not negative");
  EXPECT_EQ(weight_refusal(Column::float64("w", {1, inf})),
            "weight \"w\" is inf in row 2 of t.csv; weights are finite and not negative");
  EXPECT_EQ(weight_refusal(Column::int64("w", {0, 0})), "weight \"w\" of t.csv is 0 in every row");
  EXPECT_EQ(weight_refusal(texts("w", {"a", "b"})), "weight \"w\" of t.csv holds text");
  const auto table = table_of({Column::int64("x", {1, 2}), Column::int64("y", {0, 1})});
  EXPECT_EQ(refusal([&] { Dataset(table, {.target = "y", .weight = "y"}); }),
            "\"y\" cannot be target and weight at once");
}

TEST(Dataset, ReadsOtherRowsByTheSchemaOfTraining) {
  const Dataset training(table_of({texts("c", {"p", "q"}), texts("y", {"a", "b"})}), {.target = "y"});
  const auto watched = [&](std::vector<std::string> y) {
    return Dataset::by_schema(table_of({texts("y", std::move(y)), texts("c", {"q", "z"})}), training.schema());
  };
  const Dataset other = watched({"b", "b"});
  EXPECT_THAT(other.y(), ElementsAre(1, 1));
  EXPECT_THAT(read_all(other.reader()), ElementsAre(1, 2));
  EXPECT_EQ(refusal([&] { watched({"b", "c"}); }),
            "target \"y\" is \"c\", which is no class of the training rows, in row 2 of t.csv; leave the row out");
}

TEST(Dataset, KnowsTheCategoriesOfSomeRowsAlone) {
  const std::vector<std::uint8_t> all = {1, 1, 1}, some = {1, 0, 1};
  const Dataset whole(table_of({texts("c", {"p", "q", "r"}), texts("d", {"s", "s", ""}), texts("y", {"a", "b", "a"})}),
                      {.target = "y"});
  EXPECT_EQ(whole.with_categories_of(all).schema().to_json(), whole.schema().to_json());
  const Dataset part = whole.with_categories_of(some);
  EXPECT_THAT(part.schema().features[0].categories, ElementsAre("p", "r"));
  std::vector<double> codes(3);
  part.reader().read_feature(0, 0, codes);
  EXPECT_THAT(codes, ElementsAre(0, 2, 1));
  const std::vector<std::uint8_t> last = {0, 0, 1};
  EXPECT_EQ(refusal([&] { whole.with_categories_of(last); }),
            R"(column "d" of t.csv is missing in every training row; leave it out with --exclude)");
}

TEST(Dataset, RefusesNumbersThatAreNoClassAndTextForARegression) {
  const Dataset classes(table_of({Column::int64("x", {1, 2}), Column::int64("y", {0, 1})}), {.target = "y"});
  EXPECT_EQ(refusal([&] {
              Dataset::by_schema(table_of({Column::int64("x", {1}), Column::int64("y", {2})}), classes.schema());
            }),
            "target \"y\" is \"2\", which is no class of the training rows, in row 1 of t.csv; leave the row out");
  const Schema numbers = schema_of({{"x"}});
  EXPECT_EQ(refusal([&] { Dataset::by_schema(table_of({Column::int64("x", {1}), texts("y", {"a"})}), numbers); }),
            "target \"y\" of t.csv holds text, but it was a number in training");
}

TEST(Dataset, ShardsHoldWholeBlocksThatMakeUpTheWhole) {
  const std::size_t n = 2 * row_block + 10;
  std::vector<std::int64_t> numbers(n);
  std::iota(numbers.begin(), numbers.end(), 0);
  const Dataset whole(table_of({Column::int64("x", numbers), Column::int64("y", numbers)}),
                      {.target = "y", .task = Task::regression});
  std::size_t next = 0;
  for (int rank = 0; rank < 5; ++rank) {
    const Dataset shard = whole.shard(rank, 5);
    EXPECT_EQ(shard.first_row(), next);
    EXPECT_EQ(shard.n_rows_of_all_ranks(), n);
    if (shard.n_rows() == 0) continue;
    EXPECT_EQ(shard.first_row() % row_block, 0u);
    EXPECT_EQ(shard.y()[0], static_cast<double>(next));
    std::vector<double> first(1);
    shard.reader().read_feature(0, shard.first_row(), first);
    EXPECT_EQ(first[0], static_cast<double>(next));
    next += shard.n_rows();
  }
  EXPECT_EQ(next, n);
  EXPECT_EQ(whole.shard(4, 5).n_rows(), 0u);
}

TEST(Dataset, StaysUsableWhenCopiedAndTheTableIsGone) {
  auto table = table_of({Column::int64("x", {4, 5}), Column::int64("y", {0, 1})});
  const Dataset first(table, {.target = "y"});
  const Dataset copy = first;
  table.reset();
  std::vector<double> x(2);
  copy.reader().read_feature(0, 0, x);
  EXPECT_THAT(x, ElementsAre(4, 5));
}

}  // namespace
}  // namespace thrum
