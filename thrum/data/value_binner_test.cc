#include <gtest/gtest.h>
#include <hwy/targets.h>

#include <cmath>
#include <limits>

#include "thrum/data/value_binner_internal.h"

namespace thrum {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

/// Every level of SIMD that this machine has.
class ValueBinnerTest : public testing::TestWithParam<std::int64_t> {
 protected:
  ValueBinnerTest() { choose(GetParam()); }
  ~ValueBinnerTest() override { choose(0); }

 private:
  static void choose(std::int64_t target) {
    hwy::SetSupportedTargetsForTest(target);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
  }
};

/// The bounds, what is beside them, the ends of the scale and what is no number.
std::vector<double> telling_values(const BinMap& map) {
  std::vector<double> values = {std::nan(""), -infinity, infinity, 0.0, -0.0};
  for (const double u : map.upper) {
    for (const double x : {u, std::nextafter(u, -infinity), std::nextafter(u, infinity)}) values.push_back(x);
  }
  return values;
}

TEST_P(ValueBinnerTest, AgreesWithTheMapForAnyNumberOfBoundsAndValues) {
  for (const std::size_t n_bounds : {0, 1, 2, 3, 6, 7, 8, 31, 32, 100, 254}) {
    BinMap map;
    for (std::size_t b = 0; b < n_bounds; ++b) map.upper.push_back(std::ldexp(1.0 + static_cast<double>(b), -3) - 4);
    map.upper.push_back(infinity);
    const std::vector<double> values = telling_values(map);
    const ValueBinner binner(map);
    for (const std::size_t n : {values.size(), values.size() - 1, std::size_t{1}, std::size_t{0}}) {
      std::vector<std::uint8_t> bins(n + 1, 77);
      binner.bin(std::span(values).first(n), bins);
      for (std::size_t i = 0; i < n; ++i) ASSERT_EQ(bins[i], map.bin(values[i])) << values[i];
      EXPECT_EQ(bins[n], 77);
    }
  }
}

TEST_P(ValueBinnerTest, KnowsCategories) {
  const BinMap map{.type = FeatureType::category, .categories = {4, 0}};
  std::vector<std::uint8_t> bins(6);
  ValueBinner(map).bin(std::vector<double>{0, 1, 4, 5, 9, std::nan("")}, bins);
  EXPECT_EQ(bins, (std::vector<std::uint8_t>{2, 0, 1, 0, 0, 0}));
}

INSTANTIATE_TEST_SUITE_P(Targets, ValueBinnerTest, testing::ValuesIn(hwy::SupportedAndGeneratedTargets()),
                         [](const auto& test) { return std::string(hwy::TargetName(test.param)); });

}  // namespace
}  // namespace thrum
