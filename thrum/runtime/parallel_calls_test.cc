#include "thrum/runtime/parallel_calls.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <forward_list>
#include <numeric>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include "thrum/core/error.h"
#include "thrum/core/mutex.h"
#include "thrum/core/refusal_test.h"
#include "thrum/runtime/machine.h"
#include "thrum/runtime/rendezvous_test.h"

namespace thrum {
namespace {

using namespace std::chrono_literals;
using test::refusal;
using test::Rendezvous;
using testing::ElementsAre;
using testing::ThrowsMessage;

/// What every backend must do, with one job and with several.
class ParallelConformance : public testing::TestWithParam<std::tuple<ParallelBackend, int>> {
 protected:
  ParallelOptions options{.n_jobs = std::get<int>(GetParam()), .backend = std::get<ParallelBackend>(GetParam())};
  Parallel parallel{options};
};

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

/// Wraps around, since streams run ahead of what a test reads.
int square(int i) {
  return static_cast<int>(static_cast<unsigned>(i) * static_cast<unsigned>(i));
}

std::vector<int> iota(int n) {
  std::vector<int> numbers(static_cast<std::size_t>(n));
  std::iota(numbers.begin(), numbers.end(), 0);
  return numbers;
}

std::vector<int> squares(int n) {
  std::vector<int> result = iota(n);
  for (int& i : result) i *= i;
  return result;
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

/// Passes once: what std::generator gives.
class Countdown : public std::ranges::view_interface<Countdown> {
 public:
  struct Iterator {
    using value_type = int;
    using difference_type = std::ptrdiff_t;
    int operator*() const { return source->current(); }
    Iterator& operator++() {
      --source->next_;
      return *this;
    }
    void operator++(int) { ++*this; }
    friend bool operator==(const Iterator& it, std::default_sentinel_t) { return it.ended(); }
    bool ended() const { return source->next_ == 0; }
    Countdown* source = nullptr;
  };

  explicit Countdown(int from, int bad = -1) : next_(from), bad_(bad) {}
  Countdown(Countdown&&) = default;
  Countdown& operator=(Countdown&&) = default;
  Iterator begin() { return {this}; }
  std::default_sentinel_t end() const { return {}; }

 private:
  int current() const { return next_ == bad_ ? throw std::runtime_error("torn") : next_; }

  int next_, bad_;
};

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

TEST_P(ParallelConformance, AFailingSinkFailsTheCall) {
  struct Torn : Progress {
    void report(const Report&) override { throw std::runtime_error("no terminal"); }
  } sink;
  options.progress = &sink;
  EXPECT_THAT([&] { Parallel(options).map(square, iota(10)); }, ThrowsMessage<std::runtime_error>("no terminal"));
}

TEST_P(ParallelConformance, AllJobsRunAtOnce) {
  options.batch_size = 1;
  Rendezvous rendezvous(parallel.n_jobs());
  const auto met = Parallel(options).map([&](int) { return rendezvous.arrive_and_wait(); }, iota(parallel.n_jobs()));
  EXPECT_THAT(met, testing::Each(true));
}

TEST_P(ParallelConformance, AllJobsOfAStreamRunAtOnce) {
  options.batch_size = 1;
  Rendezvous rendezvous(parallel.n_jobs());
  for (bool met :
       Parallel(options).stream([&](int) { return rendezvous.arrive_and_wait(); }, iota(parallel.n_jobs()))) {
    EXPECT_TRUE(met);
  }
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
