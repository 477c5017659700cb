#include "thrum/model/linear/inference.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace thrum {
namespace {

constexpr double normal = std::numeric_limits<double>::infinity();

TEST(PValue, IsThatOfTables) {
  // scipy.stats: 2 * t.sf(t, df), 2 * norm.sf(z)
  EXPECT_NEAR(two_sided_p_value(2, 10) / 0.07338803477074037, 1, 1e-12);
  EXPECT_NEAR(two_sided_p_value(-2, 10) / 0.07338803477074037, 1, 1e-12);
  EXPECT_NEAR(two_sided_p_value(1, 1) / 0.5, 1, 1e-12);
  EXPECT_NEAR(two_sided_p_value(12, 3) / 0.0012450158007893362, 1, 1e-12);
  EXPECT_NEAR(two_sided_p_value(0.1, 1e6) / 0.9203443454920432, 1, 1e-9);
  EXPECT_NEAR(two_sided_p_value(3, normal) / 0.002699796063260189, 1, 1e-12);
  EXPECT_EQ(two_sided_p_value(0, 5), 1);
}

TEST(PValue, OfTheBoundsIsFivePercent) {
  EXPECT_NEAR(t_of_95_percent(10), 2.2281388519649385, 1e-10);
  EXPECT_NEAR(t_of_95_percent(1), 12.706204736174694, 1e-8);
  EXPECT_NEAR(t_of_95_percent(normal), 1.959963984540054, 1e-12);
}

TEST(Inference, HasTheCriteriaOfTheirFormulas) {
  const Inference inference{.standard_errors = {0.5, 1},
                            .log_likelihood = -10,
                            .n_rows = 100,
                            .n_parameters = 2,
                            .degrees_of_freedom = normal};
  EXPECT_NEAR(inference.aic(), 24, 1e-14);
  EXPECT_NEAR(inference.bic(), 2 * std::log(100.0) + 20, 1e-13);
  EXPECT_NEAR(inference.interval(1, 0.5).first, 1 - 0.979981992270027, 1e-12);
  EXPECT_NEAR(inference.interval(1, 0.5).second, 1 + 0.979981992270027, 1e-12);
  EXPECT_NEAR(inference.p_value(1.5, 0.5), 0.002699796063260189, 1e-14);
}

}  // namespace
}  // namespace thrum
