#include "thrum/core/names.h"

#include <gtest/gtest.h>

#include <vector>

namespace thrum {
namespace {

const std::vector<std::string> columns = {"age", "income", "hours_per_week"};

TEST(NearestName, FindsTheColumnMeant) {
  EXPECT_EQ(nearest_name("incom", columns), "income");
  EXPECT_EQ(nearest_hint("hours-per-week", columns), "nearest: \"hours_per_week\"");
}

TEST(NearestName, CountsSwappedNeighboursAsOneError) {
  EXPECT_EQ(nearest_name("gae", columns), "age");
  EXPECT_EQ(nearest_name("inocme", columns), "income");
}

TEST(NearestName, LooksOverCapitalsAndBlanksAround) {
  EXPECT_EQ(nearest_name("AGE", columns), "age");
  EXPECT_EQ(nearest_name("y", std::vector<std::string>{"a", "Y"}), "Y");
  EXPECT_EQ(nearest_hint("age", std::vector<std::string>{"edge", " Age "}), "nearest: \" Age \"");
}

TEST(NearestName, IsEmptyWhereNothingIsNear) {
  EXPECT_EQ(nearest_name("workclass", columns), "");
  EXPECT_EQ(nearest_hint("workclass", columns), "");
  EXPECT_EQ(nearest_name(std::string(1000000, 'a'), columns), "");
}

}  // namespace
}  // namespace thrum
