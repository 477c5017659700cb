#include "thrum/runtime/advice/plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>

#include "thrum/core/random.h"
#include "thrum/core/refusal_test.h"

namespace thrum {
namespace {

using testing::Optional;

FitQueue grid_of_125(double seconds = 70) {
  return {.n_fits = 125, .seconds = {seconds}};
}

FitQueue with_five_folds(bool refit) {
  return {.n_fits = 625, .seconds = {70}, .last_seconds = refit ? 70.0 : 0.0};
}

TEST(FewestCores, CountsWholeWaves) {
  EXPECT_THAT(fewest_cores(grid_of_125(), 1200), Optional(8));
  EXPECT_THAT(fewest_cores(with_five_folds(false), 1200), Optional(37));
}

TEST(FewestCores, LeavesTimeForTheRefit) {
  EXPECT_THAT(fewest_cores(with_five_folds(true), 1200), Optional(40));
  EXPECT_DOUBLE_EQ(schedule(with_five_folds(true), 39).wall_seconds, 1260);
  EXPECT_DOUBLE_EQ(schedule(with_five_folds(true), 40).wall_seconds, 1190);
}

TEST(FewestCores, AgreesWithTryingEachNumber) {
  for (const double deadline : {70.0, 139.9, 140.0, 700.0, 1200.0, 8749.0, 8750.0}) {
    int cores = 1;
    while (schedule(grid_of_125(), cores).wall_seconds > deadline) ++cores;
    EXPECT_THAT(fewest_cores(grid_of_125(), deadline), Optional(cores)) << deadline;
  }
}

TEST(FewestCores, IsNoneWhereOneFitIsLongerThanTheDeadline) {
  EXPECT_EQ(fewest_cores(grid_of_125(), 69.9), std::nullopt);
  EXPECT_THAT(fewest_cores(grid_of_125(), 70), Optional(125));
  EXPECT_EQ(fewest_cores(with_five_folds(true), 139), std::nullopt);
}

TEST(FewestCores, ForgivesRoundingInBinary) {
  EXPECT_THAT(fewest_cores({.n_fits = 3, .seconds = {0.1}}, 0.3), Optional(1));
}

TEST(FewestCores, TakesWholeFitsOfSeveralThreads) {
  FitQueue queue = grid_of_125();
  queue.threads_per_fit = 4;
  EXPECT_THAT(fewest_cores(queue, 1200), Optional(32));
  EXPECT_EQ(schedule(queue, 35).at_once, 8u);
  EXPECT_DOUBLE_EQ(schedule(queue, 35).wall_seconds, 1120);
  EXPECT_DOUBLE_EQ(schedule(queue, 35).efficiency, 125.0 * 70 * 4 / (35 * 1120));
}

TEST(FewestCores, OfABillionFitsIsQuick) {
  EXPECT_THAT(fewest_cores({.n_fits = FitQueue::max_fits, .seconds = {1}}, 1e6), Optional(1000));
}

TEST(Schedule, OfEqualFitsHasWavesAndEfficiency) {
  const Schedule made = schedule(grid_of_125(), 8);
  EXPECT_EQ(made.cores, 8);
  EXPECT_EQ(made.waves, 16u);
  EXPECT_DOUBLE_EQ(made.wall_seconds, 1120);
  EXPECT_DOUBLE_EQ(made.efficiency, 125.0 * 70 / (8 * 1120));
}

TEST(Schedule, LeavesCoresIdleBeyondTheNumberOfFits) {
  const Schedule made = schedule(grid_of_125(), 1000);
  EXPECT_EQ(made.at_once, 125u);
  EXPECT_DOUBLE_EQ(made.efficiency, 0.125);
  EXPECT_EQ(most_useful_cores(grid_of_125()), 125);
}

TEST(Schedule, GivesOutUnequalFitsLongestFirst) {
  // 7 | 5 2 on two places; in the given order it would take 9.
  const Schedule made = schedule({.n_fits = 3, .seconds = {2, 5, 7}}, 2);
  EXPECT_DOUBLE_EQ(made.wall_seconds, 7);
  EXPECT_EQ(made.waves, 2u);
  // Graham's worst case: 11 where 9 is possible.
  EXPECT_DOUBLE_EQ(schedule({.n_fits = 7, .seconds = {5, 5, 4, 4, 3, 3, 3}}, 3).wall_seconds, 11);
}

TEST(Schedule, RepeatsAShortListInTurn) {
  // 1 2 3 1 2
  EXPECT_DOUBLE_EQ(schedule({.n_fits = 5, .seconds = {1, 2, 3}}, 1).wall_seconds, 9);
  EXPECT_DOUBLE_EQ(schedule({.n_fits = 5, .seconds = {1, 2, 3}}, 1).efficiency, 1);
}

TEST(Schedule, IsTheSameWhetherEqualTimesAreListedOrNot) {
  const Schedule listed = schedule({.n_fits = 10, .seconds = {3, 3, 3.0000000001}}, 4);
  const Schedule equal = schedule({.n_fits = 10, .seconds = {3}}, 4);
  EXPECT_NEAR(listed.wall_seconds, equal.wall_seconds, 1e-6);
  EXPECT_EQ(listed.waves, equal.waves);
}

TEST(Schedule, NeverTakesLongerOnMoreCores) {
  for (std::uint64_t trial = 0; trial < 200; ++trial) {
    const Random random(7, trial);
    FitQueue queue{.n_fits = 1 + random.below(0, 40), .seconds = {}};
    for (std::size_t i = 0; i < queue.n_fits; ++i) {
      queue.seconds.push_back(1 + static_cast<double>(random.below(i + 1, 20)));
    }
    double before = std::numeric_limits<double>::infinity();
    for (int cores = 1; cores <= most_useful_cores(queue); ++cores) {
      const double now = schedule(queue, cores).wall_seconds;
      ASSERT_LE(now, before) << "trial " << trial << ", cores " << cores;
      before = now;
    }
  }
}

std::string message_of(const FitQueue& queue, int cores = 1) {
  return test::refusal([&] { schedule(queue, cores); });
}

TEST(Schedule, RefusesWhatIsOutOfRange) {
  const std::string seconds = "[plan] expected the seconds of a fit, positive and finite";
  EXPECT_EQ(message_of({.n_fits = 1, .seconds = {}}), seconds);
  EXPECT_EQ(message_of({.n_fits = 1, .seconds = {1, 0}}), seconds);
  EXPECT_EQ(message_of({.n_fits = 1, .seconds = {std::nan("")}}), seconds);
  EXPECT_EQ(message_of({.n_fits = 0, .seconds = {1}}), "[plan] expected 1 to 1000000000 fits, got 0");
  EXPECT_EQ(message_of({.n_fits = 2000000, .seconds = {1, 2}}),
            "[plan] expected 1 to 1000000 fits of different length, got 2000000");
  EXPECT_EQ(message_of({.n_fits = 1, .seconds = {1}, .last_seconds = -1}),
            "[plan] expected seconds after the fits of 0 or more");
  EXPECT_EQ(message_of({.n_fits = 1, .seconds = {1}, .threads_per_fit = 0}),
            "[plan] expected at least one thread per fit");
  EXPECT_EQ(message_of({.n_fits = 1, .seconds = {1}, .threads_per_fit = 4}, 3),
            "[plan] expected at least as many cores as threads per fit (4), got 3");
}

}  // namespace
}  // namespace thrum
