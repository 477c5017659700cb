#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <numeric>
#include <ranges>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "thrum/core/error.h"
#include "thrum/core/refusal_test.h"
#include "thrum/runtime/parallel_calls_fixture_test.h"

namespace thrum {
namespace {

using namespace std::chrono_literals;
using namespace parallel_test;
using test::refusal;
using testing::ElementsAre;
using testing::ThrowsMessage;

TEST_P(ParallelConformance, TheFailureWithTheLowestIndexWins) {
  for (int repetition = 0; repetition < 30; ++repetition) {
    std::vector<int> ended(200);
    try {
      parallel.map(
          [&](int i) {
            if (i % 50 == 37) throw std::runtime_error("boom " + std::to_string(i));
            ended[static_cast<std::size_t>(i)] = 1;
          },
          iota(200));
      FAIL() << "no error";
    } catch (const TaskFailed& e) {
      EXPECT_STREQ(e.what(), "[Parallel] task 37: boom 37");
      EXPECT_EQ(e.index(), 37u);
      EXPECT_EQ(e.code(), ErrorCode::internal);
      EXPECT_THAT([&] { std::rethrow_exception(e.cause()); }, ThrowsMessage<std::runtime_error>("boom 37"));
    }
    EXPECT_EQ(std::accumulate(ended.begin(), ended.begin() + 37, 0), 37);
  }
}

TEST_P(ParallelConformance, AFailureKeepsTheCodeOfAThrumError) {
  const auto fail = [](int) { throw Error(ErrorCode::corrupt_data, "[csv] line 3 is torn"); };
  EXPECT_EQ(refusal([&] { parallel.map(fail, iota(3)); }, ErrorCode::corrupt_data),
            "[Parallel] task 0: [csv] line 3 is torn");
}

TEST_P(ParallelConformance, SaysWhenWhatIsThrownIsNoException) {
  EXPECT_EQ(refusal([&] { parallel.map([](int) { throw 1; }, iota(1)); }, ErrorCode::internal),
            "[Parallel] task 0: an exception that is no std::exception");
}

TEST_P(ParallelConformance, CollectsValuesAndFailures) {
  const auto outcomes =
      parallel.collect([](int i) { return i % 3 == 1 ? throw std::runtime_error("one") : i; }, iota(7));
  ASSERT_EQ(outcomes.size(), 7u);
  for (std::size_t i = 0; i < 7; ++i) EXPECT_EQ(outcomes[i].has_value(), i % 3 != 1) << i;
  EXPECT_EQ(outcomes[6].value(), 6);
  EXPECT_EQ(outcomes[4].value_or(-1), -1);
  EXPECT_STREQ(outcomes[4].error().what(), "[Parallel] task 4: one");
  EXPECT_EQ(refusal([&] { outcomes[4].value(); }, ErrorCode::internal), "[Parallel] task 4: one");
}

/// Gives 0, 1, 2, … and fails at `bad`.
auto failing_input(int bad) {
  return std::views::iota(0) | std::views::transform([bad](int i) {
           return i == bad ? throw std::runtime_error("the input ends badly") : i;
         });
}

TEST_P(ParallelConformance, AnExceptionOfTheInputPassesThrough) {
  std::atomic<int> sum = 0;
  EXPECT_THAT([&] { parallel.map([&](int i) { sum += i; }, Countdown(10, 5)); },
              ThrowsMessage<std::runtime_error>("torn"));
  EXPECT_EQ(sum, 10 + 9 + 8 + 7 + 6);
  EXPECT_EQ(refusal([&] { parallel.map([](int) {}, failing_input(3) | std::views::take(9)); }, ErrorCode::internal),
            "[Parallel] task 3: the input ends badly");
}

TEST_P(ParallelConformance, AStopRequestCancels) {
  std::stop_source source;
  options.stop = source.get_token();
  const Parallel stoppable(options);
  std::atomic<int> begun = 0;
  const auto call = [&] {
    stoppable.map(
        [&](int i) {
          ++begun;
          if (i == 20) source.request_stop();
          while (i > 20 && !source.stop_requested()) std::this_thread::yield();
        },
        iota(1000));
  };
  EXPECT_EQ(refusal(call, ErrorCode::cancelled), "[Parallel] a stop was requested before the work was done");
  EXPECT_LE(begun, 20 + parallel.n_jobs());
  EXPECT_EQ(refusal(call, ErrorCode::cancelled), "[Parallel] a stop was requested before the work was done");
  EXPECT_EQ(parallel.map(square, iota(10)), squares(10));
}

TEST_P(ParallelConformance, AStopRequestAfterTheLastTaskChangesNothing) {
  std::stop_source source;
  options.stop = source.get_token();
  const auto results = Parallel(options).map([&](int i) { return source.request_stop(), i; }, iota(1));
  EXPECT_THAT(results, ElementsAre(0));
}

TEST_P(ParallelConformance, ATaskThatTakesTooLongFailsTheCall) {
  options.timeout = 1ms;
  options.batch_size = 1;
  try {
    Parallel(options).map(
        [](int i) {
          if (i == 3) std::this_thread::sleep_for(20ms);
        },
        iota(5));
    FAIL() << "no error";
  } catch (const TaskFailed& e) {
    // On a busy machine another task may take its millisecond too.
    EXPECT_LE(e.index(), 3u);
    EXPECT_EQ(e.code(), ErrorCode::timed_out);
    EXPECT_EQ(e.what(), "[Parallel] task " + std::to_string(e.index()) + ": took longer than 0.001 s");
    EXPECT_EQ(e.cause(), nullptr);
  }
}

TEST_P(ParallelConformance, ATaskThatTakesTooLongIsCollected) {
  options.timeout = 100ms;
  const auto outcomes = Parallel(options).collect(
      [](int i) {
        if (i == 1) std::this_thread::sleep_for(110ms);
        return i;
      },
      iota(3));
  EXPECT_EQ(outcomes[1].error().code(), ErrorCode::timed_out);
}

TEST_P(ParallelConformance, GenerousTimeoutsChangeNothing) {
  options.timeout = 1h;
  EXPECT_EQ(Parallel(options).map(square, iota(1000)), squares(1000));
}

TEST_P(ParallelConformance, AFailingSinkFailsTheCall) {
  struct Torn : Progress {
    void report(const Report&) override { throw std::runtime_error("no terminal"); }
  } sink;
  options.progress = &sink;
  EXPECT_THAT([&] { Parallel(options).map(square, iota(10)); }, ThrowsMessage<std::runtime_error>("no terminal"));
}

}  // namespace
}  // namespace thrum
