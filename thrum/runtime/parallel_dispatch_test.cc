#include "thrum/runtime/parallel_dispatch.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <optional>
#include <thread>

namespace thrum::parallel_detail {
namespace {

using namespace std::chrono_literals;

TEST(BatchSize, GrowsTwofoldAStepUntilABatchTakesAMillisecond) {
  BatchSize sizes(0, std::nullopt, 4);
  std::size_t size = sizes.next(0);
  EXPECT_EQ(size, 1u);
  for (const std::size_t expected : {2, 4, 8, 16, 32, 64, 66, 66}) {
    sizes.learn(size, size * 15us);
    size = sizes.next(0);
    EXPECT_EQ(size, expected);
  }
}

TEST(BatchSize, StaysAtOneForLongTasks) {
  BatchSize sizes(0, 1000, 4);
  for (int i = 0; i < 5; ++i) {
    sizes.learn(1, 5ms);
    EXPECT_EQ(sizes.next(0), 1u);
  }
}

TEST(BatchSize, ShrinksWhenTasksGetLonger) {
  BatchSize sizes(0, std::nullopt, 4);
  for (int i = 0; i < 10; ++i) sizes.learn(sizes.next(0), sizes.next(0) * 1us);
  EXPECT_GT(sizes.next(0), 500u);
  for (int i = 0; i < 30; ++i) sizes.learn(1, 1ms);
  EXPECT_LE(sizes.next(0), 2u);
}

TEST(BatchSize, IsSmallNearTheEndSoThatAllEndTogether) {
  BatchSize sizes(0, 10'000, 4);
  for (int i = 0; i < 20; ++i) sizes.learn(sizes.next(0), 1ns);
  EXPECT_EQ(sizes.next(0), 10'000u / 8);
  EXPECT_EQ(sizes.next(9'200), 100u);
  EXPECT_EQ(sizes.next(9'999), 1u);
  EXPECT_EQ(sizes.next(10'000), 1u);
}

TEST(BatchSize, MayBeFixed) {
  BatchSize sizes(7, 10, 4);
  sizes.learn(7, 1h);
  EXPECT_EQ(sizes.next(9), 7u);
}

TEST(BatchSize, AnUnfinishedBatchTeachesNothing) {
  BatchSize sizes(0, std::nullopt, 4);
  for (int i = 0; i < 3; ++i) sizes.learn(sizes.next(0), 1us);
  sizes.learn(0, 1us);
  EXPECT_EQ(sizes.next(0), 8u);
}

TEST(Dispatch, NothingBeginsWhileATaskIsOverdue) {
  Dispatch dispatch({.timeout = 1ms}, 2, std::nullopt, 100, false);
  Batch batch;
  batch.size = dispatch.may_begin();
  ASSERT_EQ(batch.size, 1u);
  dispatch.begin(batch);
  ASSERT_TRUE(dispatch.before(batch, 0));
  std::this_thread::sleep_for(2ms);
  EXPECT_EQ(dispatch.may_begin(), 0u);
  EXPECT_FALSE(dispatch.after(batch));
  dispatch.end(batch);
  try {
    dispatch.finish();
    FAIL() << "no error";
  } catch (const TaskFailed& e) {
    EXPECT_STREQ(e.what(), "[Parallel] task 0: took longer than 0.001 s");
  }
}

TEST(Dispatch, KeepsTheWindowFreeForTheReader) {
  Dispatch dispatch({}, 2, std::nullopt, 2, false);
  Batch batches[2];
  for (Batch& batch : batches) {
    batch.size = dispatch.may_begin();
    dispatch.begin(batch);
  }
  EXPECT_EQ(dispatch.room(), 0u);
  EXPECT_EQ(dispatch.may_begin(), 0u);
  dispatch.take();
  EXPECT_EQ(dispatch.room(), 1u);
  EXPECT_EQ(dispatch.may_begin(), 1u);
}

}  // namespace
}  // namespace thrum::parallel_detail
