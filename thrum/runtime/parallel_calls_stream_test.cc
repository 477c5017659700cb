#include <gtest/gtest.h>

#include <atomic>
#include <ranges>
#include <set>
#include <sstream>
#include <stdexcept>
#include <stop_token>
#include <thread>
#include <vector>

#include "thrum/core/error.h"
#include "thrum/core/refusal_test.h"
#include "thrum/runtime/parallel_calls_fixture_test.h"
#include "thrum/runtime/rendezvous_test.h"

namespace thrum {
namespace {

using namespace parallel_test;
using test::refusal;
using test::Rendezvous;

TEST_P(ParallelConformance, StreamsInOrder) {
  std::vector<int> results;
  for (auto&& result : parallel.stream(square, iota(1000))) results.push_back(result);
  EXPECT_EQ(results, squares(1000));
}

TEST_P(ParallelConformance, StreamsUnorderedWithIndices) {
  std::vector<int> results(1000, -1);
  for (auto&& [index, value] : parallel.stream_unordered(square, iota(1000))) results[index] = value;
  EXPECT_EQ(results, squares(1000));
}

TEST_P(ParallelConformance, StreamsAnInputWithoutEnd) {
  std::vector<int> results;
  for (int result : parallel.stream(square, std::views::iota(0))) {
    if (results.size() == 100) break;
    results.push_back(result);
  }
  EXPECT_EQ(results, squares(100));
}

TEST_P(ParallelConformance, AStreamIsAnInputRange) {
  auto stream = parallel.stream(square, iota(5));
  static_assert(std::ranges::input_range<decltype(stream)>);
  std::vector<int> results;
  std::ranges::copy(stream, std::back_inserter(results));
  EXPECT_EQ(results, squares(5));
}

TEST_P(ParallelConformance, AStreamOfNothingIsEmpty) {
  for (int result : parallel.stream(square, std::vector<int>())) FAIL() << result;
}

TEST_P(ParallelConformance, AStreamTakesNoMoreThanItsWindowAhead) {
  options.batch_size = 1;
  options.pre_dispatch = 3;
  std::atomic<int> begun = 0;
  int taken = 0;
  const auto count = [&](int i) {
    ++begun;
    return i;
  };
  for (int result : Parallel(options).stream(count, std::views::iota(0, 200))) {
    EXPECT_EQ(result, taken++);
    EXPECT_LE(begun, taken + 3);
  }
  EXPECT_EQ(taken, 200);
}

TEST_P(ParallelConformance, DroppingAStreamCancelsTheRest) {
  std::atomic<int> begun = 0, running = 0;
  {
    auto stream = parallel.stream(
        [&](int i) {
          ++running;
          ++begun;
          std::this_thread::yield();
          --running;
          return i;
        },
        std::views::iota(0));
    EXPECT_EQ(*stream.begin(), 0);
  }
  EXPECT_EQ(running, 0);
  const int begun_before = begun;
  std::this_thread::yield();
  EXPECT_EQ(begun, begun_before);
}

TEST_P(ParallelConformance, AStreamNeverReadIsHarmless) {
  auto stream = parallel.stream([](int i) { return i; }, std::views::iota(0));
}

TEST_P(ParallelConformance, AFailureInAStreamComesAtItsPlace) {
  std::vector<int> results;
  const auto fail_at_50 = [](int i) { return i == 50 ? throw std::runtime_error("boom") : i * i; };
  const auto call = [&] {
    for (int result : parallel.stream(fail_at_50, iota(100))) results.push_back(result);
  };
  EXPECT_EQ(refusal(call, ErrorCode::internal), "[Parallel] task 50: boom");
  EXPECT_EQ(results, squares(50));
}

TEST_P(ParallelConformance, AnUnorderedStreamGivesWhatSucceededBeforeTheFailure) {
  std::set<std::size_t> indices;
  const auto fail_at_50 = [](int i) { return i == 50 ? throw std::runtime_error("boom") : i; };
  const auto call = [&] {
    for (auto&& result : parallel.stream_unordered(fail_at_50, iota(100))) indices.insert(result.index);
  };
  EXPECT_EQ(refusal(call, ErrorCode::internal), "[Parallel] task 50: boom");
  for (std::size_t i = 0; i < 50; ++i) EXPECT_TRUE(indices.contains(i)) << i;
  EXPECT_FALSE(indices.contains(50));
}

TEST_P(ParallelConformance, AStopRequestEndsAStream) {
  std::stop_source source;
  options.stop = source.get_token();
  const auto call = [&] {
    for (int result : Parallel(options).stream(square, std::views::iota(0))) {
      if (result == 100) source.request_stop();
    }
  };
  EXPECT_EQ(refusal(call, ErrorCode::cancelled), "[Parallel] a stop was requested before the work was done");
}

TEST_P(ParallelConformance, AllJobsOfAStreamRunAtOnce) {
  options.batch_size = 1;
  Rendezvous rendezvous(parallel.n_jobs());
  for (bool met :
       Parallel(options).stream([&](int) { return rendezvous.arrive_and_wait(); }, iota(parallel.n_jobs()))) {
    EXPECT_TRUE(met);
  }
}

TEST(Parallel, TakesFromAnInputThatPassesOnceOnlyWhatItRuns) {
  std::istringstream text("1 2 3 4 5 6 7 8");
  const Parallel parallel({.n_jobs = 1, .pre_dispatch = 1, .batch_size = 1});
  for (int result : parallel.stream(square, std::views::istream<int>(text))) {
    if (result == 9) break;
  }
  int next = 0;
  text >> next;
  EXPECT_EQ(next, 4);
}

}  // namespace
}  // namespace thrum
