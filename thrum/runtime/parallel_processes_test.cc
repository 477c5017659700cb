#include "thrum/runtime/parallel_processes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <numeric>
#include <ranges>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "thrum/core/error.h"
#include "thrum/core/refusal_test.h"
#include "thrum/runtime/machine.h"

namespace thrum {
namespace {

using namespace std::chrono_literals;
using testing::Each;
using testing::ElementsAre;

/// Wraps around, since streams run ahead of what a test reads.
int square(int x) {
  return static_cast<int>(static_cast<unsigned>(x) * static_cast<unsigned>(x));
}

std::vector<int> squares(int n) {
  std::vector<int> result(static_cast<std::size_t>(n));
  std::iota(result.begin(), result.end(), 0);
  for (int& x : result) x *= x;
  return result;
}

class InProcesses : public testing::Test {
 protected:
  const ParallelProcesses parallel{{.n_jobs = 2}};
};

TEST_F(InProcesses, MapInOrderWhateverTheBatches) {
  EXPECT_EQ(parallel.map(square, std::views::iota(0, 1000)), squares(1000));
  EXPECT_EQ(parallel(square, std::vector<int>()), std::vector<int>());
  const ParallelProcesses fixed({.n_jobs = 3, .batch_size = 7});
  EXPECT_EQ(fixed.map(square, std::views::iota(0, 100)), squares(100));
}

TEST_F(InProcesses, TasksRunElsewhere) {
  const auto pids = parallel.map([](int) { return ::getpid(); }, std::views::iota(0, 100));
  EXPECT_THAT(pids, Each(testing::Ne(::getpid())));
  EXPECT_LE(std::set(pids.begin(), pids.end()).size(), 2u);
}

TEST_F(InProcesses, TextsAndCapturesCross) {
  int n = 2;
  const auto twice = [n](const std::string& text) { return text + std::to_string(n); };
  EXPECT_THAT(parallel.map(twice, std::vector<std::string>{"a", "b"}), ElementsAre("a2", "b2"));
}

TEST_F(InProcesses, Stream) {
  std::vector<int> results;
  for (int result : parallel.stream(square, std::views::iota(0))) {
    if (results.size() == 50) break;
    results.push_back(result);
  }
  EXPECT_EQ(results, squares(50));
  std::set<std::size_t> indices;
  for (auto&& [index, value] : parallel.stream_unordered(square, std::views::iota(0, 50))) indices.insert(index);
  EXPECT_EQ(indices.size(), 50u);
}

TEST_F(InProcesses, TheFailureWithTheLowestIndexWins) {
  const auto fail = [](int i) { return i % 20 == 13 ? throw std::out_of_range("unlucky") : i; };
  for (int repetition = 0; repetition < 10; ++repetition) {
    EXPECT_EQ(test::refusal([&] { parallel.map(fail, std::views::iota(0, 100)); }, ErrorCode::remote),
              "[Parallel] task 13: unlucky");
  }
  const auto refuse = [](int) { throw Error(ErrorCode::corrupt_data, "[csv] line 3 is torn", "mend it"); };
  EXPECT_EQ(test::refusal([&] { parallel.map(refuse, std::views::iota(0, 5)); }, ErrorCode::corrupt_data),
            "[Parallel] task 0: [csv] line 3 is torn; mend it");
  EXPECT_EQ(parallel.map(square, std::views::iota(0, 10)), squares(10));
}

TEST_F(InProcesses, AFailureOfAnotherProcessHasNoCause) {
  try {
    parallel.map([](int) { throw 1; }, std::views::iota(0, 1));
    FAIL() << "no error";
  } catch (const TaskFailed& failed) {
    EXPECT_EQ(failed.cause(), nullptr);
    EXPECT_STREQ(failed.what(), "[Parallel] task 0: an exception that is no std::exception");
  }
}

TEST_F(InProcesses, OfABatchOnlyTheTaskFailsThatKillsItsWorker) {
  const ParallelProcesses batches({.n_jobs = 2, .batch_size = 5});
  const auto task = [](int i) {
    if (i == 7) ::raise(SIGKILL);
    return i * i;
  };
  const auto outcomes = batches.collect(task, std::views::iota(0, 10));
  for (std::size_t i = 0; i < 10; ++i) EXPECT_EQ(outcomes[i].has_value(), i != 7) << i;
  EXPECT_STREQ(outcomes[7].error().what(),
               "[Parallel] task 7: its process died each time it was run: signal 9 (Killed)");
}

TEST_F(InProcesses, ATaskThatNeverEndsIsKilled) {
  const ParallelProcesses impatient({.n_jobs = 2, .timeout = 1s});
  const auto task = [](int i) {
    if (i == 3) {
      for (;;) ::pause();
    }
    return i * i;
  };
  EXPECT_EQ(test::refusal([&] { impatient.map(task, std::views::iota(0, 10)); }, ErrorCode::timed_out),
            "[Parallel] task 3: took longer than 1 s");
  EXPECT_EQ(impatient.map(square, std::views::iota(0, 10)), squares(10));
}

TEST_F(InProcesses, AStopRequestKillsWhatRuns) {
  std::stop_source source;
  // In one batch with task 3 the result of task 2 would never come.
  const ParallelProcesses stoppable({.n_jobs = 2, .stop = source.get_token(), .batch_size = 1});
  const auto task = [](int i) {
    if (i == 3) {
      for (;;) ::pause();
    }
    return i;
  };
  const auto call = [&] {
    for (int result : stoppable.stream(task, std::views::iota(0))) {
      if (result == 2) source.request_stop();
    }
  };
  EXPECT_EQ(test::refusal(call, ErrorCode::cancelled), "[Parallel] a stop was requested before the work was done");
}

TEST_F(InProcesses, EachHasItsShareOfTheCpus) {
  const auto cpus = parallel.map([](int) { return available_cpus(); }, std::views::iota(0, 10));
  EXPECT_THAT(cpus, Each(std::max(1, available_cpus() / 2)));
}

TEST_F(InProcesses, ParallelInsideUsesTheShare) {
  const auto inner = [](int i) {
    int total = 0;
    for (int value : Parallel().map(square, std::views::iota(0, i))) total += value;
    return total;
  };
  EXPECT_THAT(parallel.map(inner, std::vector<int>{1, 2, 3, 4}), ElementsAre(0, 1, 5, 14));
}

}  // namespace
}  // namespace thrum
