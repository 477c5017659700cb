#include "thrum/serve/respawn_internal.h"

#include <gtest/gtest.h>

#include <vector>

namespace thrum::serving {
namespace {

using std::chrono::milliseconds;

TEST(Respawn, IsAtOnceForAWorkerThatServedForAQuarterOfASecond) {
  Respawn respawn;
  EXPECT_EQ(respawn.after_service(milliseconds(250)), milliseconds(0));
}

TEST(Respawn, TakesATenthOfASecondHoweverOftenAWorkerThatServedDiesYoung) {
  Respawn respawn;
  for (int i = 0; i < 100; ++i) EXPECT_EQ(respawn.after_service(milliseconds(20)), milliseconds(100));
}

TEST(Respawn, IsEverSlowerForAWorkerThatCannotStart) {
  Respawn respawn;
  std::vector<int> waits;
  for (int i = 0; i < 10; ++i) waits.push_back(static_cast<int>(respawn.after_failure().count()));
  EXPECT_EQ(waits, (std::vector<int>{0, 100, 200, 400, 800, 1600, 3200, 6400, 10000, 10000}));
  respawn.after_service(milliseconds(20));
  EXPECT_EQ(respawn.after_failure(), milliseconds(0)) << "it has served since";
}

}  // namespace
}  // namespace thrum::serving
