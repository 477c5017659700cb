#include "thrum/runtime/simd.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "thrum/core/refusal_test.h"

namespace thrum {
namespace {

TEST(Simd, UsesTheBestLevel) {
  ASSERT_FALSE(simd_levels().empty());
  EXPECT_EQ(simd_level(), simd_levels().front());
}

TEST(Simd, CanBePinnedToALowerLevel) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto pin_to_lowest = [] {
    const std::string lowest = simd_levels().back();
    pin_simd_level(lowest);
    std::_Exit(simd_level() == lowest ? 0 : 1);
  };
  EXPECT_EXIT(pin_to_lowest(), testing::ExitedWithCode(0), "");
}

TEST(Simd, PinnedToTheBestLevelChangesNothing) {
  const auto before = simd_levels();
  pin_simd_level(before.front());
  EXPECT_EQ(simd_levels(), before);
}

TEST(Simd, RefusesALevelThatTheMachineHasNot) {
  std::string names;
  for (const std::string& level : simd_levels()) names += (names.empty() ? "" : ", ") + level;
  EXPECT_EQ(test::refusal([&] { pin_simd_level("MMX"); }), "[simd] this machine has no level \"MMX\"; it has " + names);
}

}  // namespace
}  // namespace thrum
