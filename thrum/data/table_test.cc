#include "thrum/data/table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "thrum/core/refusal_test.h"

namespace thrum {
namespace {

using test::refusal;
using testing::ElementsAre;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

TEST(Column, NumbersAreReadWithTheirMissingValues) {
  const Column column = Column::float64("x", {1.5, nan, -2});
  EXPECT_EQ(column.type(), ColumnType::float64);
  EXPECT_EQ(column.size(), 3u);
  EXPECT_EQ(column.n_missing(), 1u);
  EXPECT_TRUE(column.is_missing(1));
  EXPECT_FALSE(column.is_missing(2));
  EXPECT_EQ(column.number(0), 1.5);
  EXPECT_TRUE(std::isnan(column.number(1)));
  EXPECT_EQ(column.text(1), "");
}

TEST(Column, WholeNumbersHaveOneTextInEveryType) {
  EXPECT_EQ(Column::float64("x", {1e15}).text(0), "1000000000000000");
  EXPECT_EQ(Column::int64("x", {1000000000000000}).text(0), "1000000000000000");
  EXPECT_EQ(Column::float64("x", {1}).text(0), "1");
  EXPECT_EQ(Column::float64("x", {-0.0}).text(0), "-0");
  EXPECT_EQ(Column::float64("x", {1e300}).text(0), "1e+300");
  EXPECT_EQ(Column::float64("x", {0.1}).text(0), "0.1");
}

TEST(Column, LargeIntegersKeepEveryDigitOfTheirText) {
  const Column column = Column::int64("id", {9007199254740993, std::numeric_limits<std::int64_t>::min()});
  EXPECT_EQ(column.text(0), "9007199254740993");
  EXPECT_EQ(column.text(1), "-9223372036854775808");
  EXPECT_EQ(column.n_missing(), 0u);
}

TEST(Column, CategoriesFollowTheirBytesWhateverTheOrderOfTheRows) {
  const std::vector<std::string> values = {"b", "ä", "a", "", "b", "Z"};
  const std::vector<std::uint8_t> missing = {0, 0, 0, 1, 0, 0};
  const Column column = Column::category_from("c", values, missing);
  EXPECT_THAT(column.categories(), ElementsAre("Z", "a", "b", "ä"));
  EXPECT_THAT(column.codes(), ElementsAre(2, 3, 1, -1, 2, 0));
  EXPECT_EQ(column.n_missing(), 1u);
  EXPECT_EQ(column.text(1), "ä");
  EXPECT_EQ(column.text(3), "");
}

TEST(Column, AnEmptyTextThatIsNotMissingIsACategory) {
  const std::vector<std::string> values = {"", "x"};
  const Column column = Column::category_from("c", values);
  EXPECT_THAT(column.categories(), ElementsAre("", "x"));
  EXPECT_EQ(column.n_missing(), 0u);
}

TEST(Table, FindsColumnsByName) {
  const Table table({Column::int64("age", {1, 2}), Column::float64("income", {3, 4})}, "adult.csv");
  EXPECT_EQ(table.n_rows(), 2u);
  EXPECT_THAT(table.column_names(), ElementsAre("age", "income"));
  EXPECT_EQ(table.column("income").number(1), 4);
  EXPECT_EQ(table.find("incom"), nullptr);
}

TEST(Table, NamesTheNearestColumnWhenOneIsMissing) {
  const Table table({Column::int64("age", {1}), Column::float64("income", {3})}, "adult.csv");
  EXPECT_EQ(refusal([&] { table.column("incom"); }), "column \"incom\" is not in adult.csv; nearest: \"income\"");
  EXPECT_EQ(refusal([&] { table.column("zzzzzz"); }), "column \"zzzzzz\" is not in adult.csv");
}

TEST(Table, RefusesTwoColumnsOfOneName) {
  EXPECT_EQ(refusal([] { Table({Column::int64("a", {1}), Column::int64("a", {2})}, "x.csv"); }),
            "x.csv has two columns called \"a\"");
}

TEST(Table, RefusesColumnsOfDifferentLengths) {
  EXPECT_EQ(refusal([] { Table({Column::int64("a", {1}), Column::int64("b", {2, 3})}, "x.csv"); }),
            "x.csv: column \"b\" has 2 rows, column \"a\" has 1");
}

}  // namespace
}  // namespace thrum
