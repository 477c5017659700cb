#include "thrum/runtime/parallel_calls.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <forward_list>
#include <memory>
#include <numeric>
#include <ranges>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include "thrum/core/mutex.h"
#include "thrum/core/refusal_test.h"
#include "thrum/runtime/machine.h"
#include "thrum/runtime/parallel_calls_fixture_test.h"
#include "thrum/runtime/rendezvous_test.h"

namespace thrum {
namespace {

using namespace std::chrono_literals;
using namespace parallel_test;
using test::refusal;
using test::Rendezvous;
using testing::ElementsAre;

std::string name_of(ParallelBackend backend) {
  switch (backend) {
    case Parallel::sequential:
      return "sequential";
    case Parallel::threads:
      return "threads";
    case Parallel::blocking:
      return "blocking";
  }
  return "";
}

/// How many are at work at once, at most.
class Gauge {
 public:
  void enter() {
    const int here = ++now_;
    int seen = most_;
    while (seen < here && !most_.compare_exchange_weak(seen, here)) {
    }
    for (int i = 0; i < 20; ++i) std::this_thread::yield();
    --now_;
  }
  int most() const { return most_; }

 private:
  std::atomic<int> now_ = 0, most_ = 0;
};

TEST_P(ParallelConformance, MapsInOrder) {
  for (const int n : {0, 1, 2, 7, 1000}) EXPECT_EQ(parallel.map(square, iota(n)), squares(n));
}

TEST_P(ParallelConformance, MapsEveryKindOfRange) {
  const std::forward_list<int> list{1, 2, 3};
  EXPECT_THAT(parallel.map(square, list), ElementsAre(1, 4, 9));
  std::istringstream text("4 5 6");
  EXPECT_THAT(parallel.map(square, std::views::istream<int>(text)), ElementsAre(16, 25, 36));
  const auto even = [](int i) { return i % 2 == 0; };
  EXPECT_THAT(parallel(square, std::views::iota(0, 7) | std::views::filter(even)), ElementsAre(0, 4, 16, 36));
}

TEST_P(ParallelConformance, WritesIntoTheElementsOfALvalue) {
  std::vector<int> numbers = iota(100);
  parallel.map([](int& i) { i = i * i; }, numbers);
  EXPECT_EQ(numbers, squares(100));
}

TEST_P(ParallelConformance, ReturnsBoolsAndWhatCannotBeCopied) {
  EXPECT_THAT(parallel.map([](int i) { return i % 2 == 0; }, iota(3)), ElementsAre(true, false, true));
  const auto pointers = parallel.map([](int i) { return std::make_unique<int>(i); }, iota(50));
  for (int i = 0; i < 50; ++i) EXPECT_EQ(*pointers[static_cast<std::size_t>(i)], i);
}

TEST_P(ParallelConformance, CallsFunctionsOfSeveralKinds) {
  std::string said;
  const auto [sum, length, nothing] =
      parallel(delayed([](int a, double b) { return a + b; }, 1, 2.5),
               delayed([](const std::string& text) { return text.size(); }, "four"), [&] { said = "done"; });
  EXPECT_EQ(sum, 3.5);
  EXPECT_EQ(length, 4u);
  EXPECT_EQ(said, "done");
  static_assert(std::is_same_v<decltype(nothing), const std::monostate>);
}

TEST_P(ParallelConformance, CallsAVectorOfDelayedCalls) {
  std::vector<decltype(delayed(square, 1))> calls;
  for (int i = 0; i < 10; ++i) calls.push_back(delayed(square, i));
  EXPECT_EQ(parallel(calls), squares(10));
}

/// Keeps all reports.
class Recorder : public Progress {
 public:
  void report(const Report& report) override {
    MutexLock lock(mutex_);
    stages_.emplace_back(report.stage);
    done_.push_back(report.done);
    total_.push_back(report.total);
    details_.emplace_back(report.detail);
  }

  Mutex mutex_;
  std::vector<std::string> stages_, details_;
  std::vector<std::size_t> done_, total_;
};

TEST_P(ParallelConformance, ReportsProgressAtTheEnd) {
  Recorder recorder;
  options.progress = &recorder;
  options.stage = "score";
  Parallel(options).map(square, iota(100));
  EXPECT_EQ(recorder.stages_.back(), "score");
  EXPECT_EQ(recorder.done_.back(), 100u);
  EXPECT_EQ(recorder.total_.back(), 100u);
  EXPECT_EQ(recorder.details_.back(), "ETA 0.0 s");
}

TEST_P(ParallelConformance, ReportsFailuresAndAnUnknownTotal) {
  Recorder recorder;
  options.progress = &recorder;
  Parallel(options).collect([](int i) { return i == 5 ? throw 1 : i; }, Countdown(10));
  EXPECT_EQ(recorder.done_.back(), 10u);
  EXPECT_EQ(recorder.total_.back(), 0u);
  EXPECT_EQ(recorder.details_.back(), "1 failed");
}

TEST_P(ParallelConformance, ReportsSeldom) {
  Recorder recorder;
  options.progress = &recorder;
  options.batch_size = 1;
  const auto begin = std::chrono::steady_clock::now();
  Parallel(options).map([](int) { std::this_thread::sleep_for(2ms); }, iota(150 * parallel.n_jobs()));
  const auto tenths = static_cast<std::size_t>((std::chrono::steady_clock::now() - begin) / 100ms);
  EXPECT_GE(recorder.done_.size(), 2u);  // it takes 300 ms at least
  EXPECT_LE(recorder.done_.size(), tenths + 2);
}

TEST_P(ParallelConformance, AllJobsRunAtOnce) {
  options.batch_size = 1;
  Rendezvous rendezvous(parallel.n_jobs());
  const auto met = Parallel(options).map([&](int) { return rendezvous.arrive_and_wait(); }, iota(parallel.n_jobs()));
  EXPECT_THAT(met, testing::Each(true));
}

TEST_P(ParallelConformance, NeverRunsMoreThanItsJobsAtOnce) {
  Gauge gauge;
  parallel.map([&](int) { gauge.enter(); }, iota(300));
  for (int result : parallel.stream([&](int i) { return gauge.enter(), i; }, iota(300))) static_cast<void>(result);
  EXPECT_LE(gauge.most(), parallel.n_jobs());
}

TEST_P(ParallelConformance, NestsThreeDeep) {
  const auto sum = [](const std::vector<int>& values) { return std::accumulate(values.begin(), values.end(), 0); };
  const auto inner = [&](int i) { return sum(parallel.map([&](int j) { return i * 10 + j; }, iota(10))); };
  const auto outer = [&](int) {
    int total = 0;
    for (int value : parallel.stream(inner, iota(10))) total += value;
    return total;
  };
  EXPECT_THAT(parallel.map(outer, iota(10)), testing::Each(4950));
}

TEST_P(ParallelConformance, ServesSeveralThreads) {
  std::vector<std::vector<int>> results(4);
  {
    std::vector<std::jthread> callers;
    for (auto& result : results) {
      callers.emplace_back([&] {
        for (int repetition = 0; repetition < 50; ++repetition) result = parallel.map(square, iota(50));
      });
    }
  }
  for (const auto& result : results) EXPECT_EQ(result, squares(50));
}

INSTANTIATE_TEST_SUITE_P(Backends, ParallelConformance,
                         testing::Values(std::tuple(Parallel::sequential, 4), std::tuple(Parallel::threads, 1),
                                         std::tuple(Parallel::threads, 2), std::tuple(Parallel::threads, 5),
                                         std::tuple(Parallel::blocking, 1), std::tuple(Parallel::blocking, 2),
                                         std::tuple(Parallel::blocking, 20)),
                         [](const auto& test) {
                           return name_of(std::get<ParallelBackend>(test.param)) +
                                  std::to_string(std::get<int>(test.param));
                         });

/// Nests 8 calls of 8 calls: what both do is up to the test. Gives how many bodies of the inner ones ran at once.
int most_at_once(auto&& outer, auto&& inner) {
  Gauge gauge;
  std::atomic<int> calls = 0;
  outer([&] {
    inner([&] {
      ++calls;
      gauge.enter();
    });
  });
  EXPECT_EQ(calls, 8 * 8);
  return gauge.most();
}

/// What runs a body eight times, at once where it may; a new arena or pool each time.
struct InParallel {
  ParallelOptions options;
  void operator()(auto&& body) const {
    Parallel(options).map([&](int) { body(); }, iota(8));
  }
};

struct InStream {
  void operator()(auto&& body) const {
    for (int i : Parallel().stream([&](int item) { return body(), item; }, iota(8))) static_cast<void>(i);
  }
};

struct InArena {
  int slots;
  void operator()(auto&& body) const {
    Arena(slots).run(8, [&](std::size_t) { body(); });
  }
};

TEST(ParallelNesting, NoMoreThreadsThanCpusAndTwoAreAtWork) {
  const int limit = available_cpus() + 2;
  const InParallel all{}, sixteen{{.n_jobs = 16}}, waiting{{.n_jobs = 8, .backend = Parallel::blocking}};
  const InStream stream;
  const InArena whole{0}, wide{16};
  for (int repetition = 0; repetition < 10; ++repetition) {
    EXPECT_LE(most_at_once(all, all), limit) << "Parallel in Parallel";
    EXPECT_LE(most_at_once(all, sixteen), limit) << "a wide Parallel in Parallel";
    EXPECT_LE(most_at_once(all, stream), limit) << "a stream in Parallel";
    EXPECT_LE(most_at_once(stream, all), limit) << "Parallel in a stream";
    EXPECT_LE(most_at_once(all, wide), limit) << "a wide arena in Parallel";
    EXPECT_LE(most_at_once(whole, all), limit) << "Parallel in an arena";
    EXPECT_LE(most_at_once(whole, wide), limit) << "a wide arena in an arena";
    EXPECT_LE(most_at_once(waiting, all), limit) << "Parallel in tasks that wait";
    EXPECT_LE(most_at_once(waiting, whole), limit) << "arenas in tasks that wait";
    EXPECT_LE(most_at_once(waiting, stream), limit) << "streams in tasks that wait";
  }
}

TEST(ParallelNesting, ThreadsThatWaitInsideTasksGetNoMorePlaces) {
  const InParallel all{}, waiting{{.n_jobs = 4, .backend = Parallel::blocking}};
  std::atomic<int> calls = 0;
  all([&] { waiting([&] { all([&] { ++calls; }); }); });
  EXPECT_EQ(calls, 8 * 8 * 8);
}

TEST(Parallel, RefusesImpossibleOptions) {
  const auto error = [](ParallelOptions options) { return refusal([&] { Parallel parallel(options); }); };
  EXPECT_EQ(error({.n_jobs = 0}),
            "[Parallel] n_jobs == 0 has no meaning; 1 runs in the calling thread, -1 on all CPUs, -2 on all but one");
  EXPECT_EQ(error({.n_jobs = 1024}), "[Parallel] n_jobs must be at most 1023, got 1024");
  EXPECT_EQ(error({.n_jobs = 1.5}),
            "[Parallel] n_jobs as a share of the CPUs must lie between 0 and 1, got 1.5; a whole number, such as 2 or "
            "-1, counts jobs");
  EXPECT_EQ(error({.n_jobs = "many"}), "[Parallel] n_jobs must be a number or \"auto\", got \"many\"");
  EXPECT_EQ(error({.timeout = 0s}), "[Parallel] timeout must be positive, got 0 s");
}

TEST(Parallel, TakesAllCpusByDefault) {
  EXPECT_EQ(Parallel().n_jobs(), available_cpus());
  EXPECT_EQ(Parallel({.n_jobs = 3}).n_jobs(), 3);
  EXPECT_EQ(Parallel({.n_jobs = 3, .backend = Parallel::sequential}).n_jobs(), 1);
}

TEST(Parallel, OneJobRunsInTheCallingThread) {
  const auto caller = std::this_thread::get_id();
  for (const ParallelBackend backend : {Parallel::sequential, Parallel::threads, Parallel::blocking}) {
    const Parallel parallel({.n_jobs = 1, .backend = backend});
    const auto here = [&](int) { return std::this_thread::get_id() == caller; };
    EXPECT_THAT(parallel.map(here, iota(20)), testing::Each(true));
    for (bool is_here : parallel.stream(here, iota(20))) EXPECT_TRUE(is_here);
  }
}

TEST(Parallel, KeepsTheThreadsOfTheBlockingBackend) {
  const auto threads = [] {
    Rendezvous rendezvous(5);
    const Parallel parallel({.n_jobs = 5, .backend = Parallel::blocking, .batch_size = 1});
    const auto ids = parallel.map(
        [&](int) {
          EXPECT_TRUE(rendezvous.arrive_and_wait());
          return std::this_thread::get_id();
        },
        iota(5));
    return std::set(ids.begin(), ids.end());
  };
  std::set<std::thread::id> all;
  for (int repetition = 0; repetition < 20; ++repetition) all.merge(threads());
  EXPECT_LE(all.size(), 6u);
}

TEST(JobCount, CountsAsJoblibDoes) {
  const auto jobs = [](const JobCount& count) { return count.resolve(8, 12); };
  EXPECT_EQ(jobs(3), 3);
  EXPECT_EQ(jobs(std::size_t{100}), 100);
  EXPECT_EQ(jobs(-1), 8);
  EXPECT_EQ(jobs(-2), 7);
  EXPECT_EQ(jobs(-8), 1);
  EXPECT_EQ(jobs(-100), 1);
  EXPECT_EQ(jobs(0.5), 4);
  EXPECT_EQ(jobs(0.99), 7);
  EXPECT_EQ(jobs(0.01), 1);
  EXPECT_EQ(jobs("auto"), 12);
}

}  // namespace
}  // namespace thrum
