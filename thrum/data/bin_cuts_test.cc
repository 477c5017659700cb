#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numeric>

#include "thrum/data/bin_cuts_internal.h"

namespace thrum {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double highest = std::numeric_limits<double>::max();
constexpr double smallest = std::numeric_limits<double>::denorm_min();

std::vector<ValueCount> each_once(std::size_t n) {
  std::vector<ValueCount> values;
  for (std::size_t i = 0; i < n; ++i) values.push_back({static_cast<double>(i), 1});
  return values;
}

TEST(SeparatingCut, IsTheFloatNearestToTheMiddle) {
  EXPECT_EQ(separating_cut(1, 2), 1.5);
  EXPECT_EQ(separating_cut(0.1, 0.2), static_cast<float>(std::midpoint(0.1, 0.2)));
  EXPECT_EQ(separating_cut(-1, 1), 0);
}

TEST(SeparatingCut, IsADoubleWhereNoFloatLiesBetween) {
  const double a = 1 + 0x1p-40;
  EXPECT_EQ(separating_cut(a, a + 0x1p-50), a + 0x1p-51);
  EXPECT_EQ(separating_cut(a, std::nextafter(a, 2)), a);
}

TEST(SeparatingCut, SeparatesNeighboursAtTheEndsOfTheScale) {
  const std::pair<double, double> neighbours[] = {{0, smallest},
                                                  {-smallest, 0},
                                                  {-smallest, smallest},
                                                  {smallest, 2 * smallest},
                                                  {highest, inf},
                                                  {5, inf},
                                                  {-inf, 5},
                                                  {-inf, inf},
                                                  {-highest, highest},
                                                  {-inf, -1e300},
                                                  {1e300, inf},
                                                  {1e308, highest},
                                                  {-highest, -1e308},
                                                  {0, 1e-46},
                                                  {1, std::nextafter(1, 2)},
                                                  {0x1p-1074, 1e9}};
  for (const auto& [a, b] : neighbours) {
    const double cut = separating_cut(a, b);
    EXPECT_TRUE(a <= cut && cut < b && std::isfinite(cut)) << a << ' ' << b << ' ' << cut;
  }
  EXPECT_EQ(separating_cut(-inf, -highest), -inf);
}

TEST(NumberCuts, GiveEveryValueItsOwnBinWhereTheyAreFew) {
  EXPECT_THAT(number_cuts({{1, 1}, {3, 1}, {4, 900}}, 3, 50), ElementsAre(2, 3.5, inf));
  EXPECT_THAT(number_cuts({}, 3, 1), ElementsAre(inf));
}

TEST(NumberCuts, FillBinsEvenly) {
  EXPECT_THAT(number_cuts(each_once(12), 4, 1), ElementsAre(2.5, 5.5, 8.5, inf));
}

TEST(NumberCuts, LeaveHeavyValuesAlone) {
  auto values = each_once(12);
  values[4].count = 100;
  EXPECT_THAT(number_cuts(values, 4, 1), ElementsAre(3.5, 4.5, 8.5, inf));
}

TEST(NumberCuts, KeepEnoughRowsInABin) {
  EXPECT_THAT(number_cuts(each_once(12), 6, 6), ElementsAre(5.5, inf));
}

TEST(NumberCuts, DropABoundThatNoFiniteNumberCanBe) {
  EXPECT_THAT(number_cuts({{-inf, 1}, {-highest, 1}}, 3, 1), ElementsAre(inf));
}

TEST(CountUnsorted, CountsFewAndManyValuesAlike) {
  for (const std::size_t different : {1, 2, 8, 9, 500}) {
    std::vector<double> values;
    for (std::size_t i = 0; i < 3000; ++i) values.push_back(static_cast<double>(i * 7 % different) - 3);
    values.push_back(-0.0);
    std::vector<double> sorted = values;
    std::ranges::sort(sorted);
    const auto expected = count_values(sorted);
    const auto counted = count_unsorted(values);
    ASSERT_EQ(counted.size(), expected.size()) << different;
    for (std::size_t k = 0; k < counted.size(); ++k) {
      EXPECT_EQ(counted[k].value, expected[k].value);
      EXPECT_EQ(counted[k].count, expected[k].count);
    }
  }
}

TEST(CountValues, TakesBothZerosForOne) {
  const auto values = count_values({-1, -0.0, 0.0, 2});
  ASSERT_EQ(values.size(), 3U);
  EXPECT_EQ(values[1].count, 2U);
  EXPECT_FALSE(std::signbit(values[1].value));
}

TEST(FrequentCategories, ComeInTheOrderOfTheirFrequency) {
  EXPECT_THAT(frequent_categories({{0, 2}, {3, 5}, {4, 2}, {9, 1}}, 3), ElementsAre(3, 0, 4));
  EXPECT_THAT(frequent_categories({}, 3), IsEmpty());
}

}  // namespace
}  // namespace thrum
