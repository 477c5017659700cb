#include "thrum/runtime/process/process_pool.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <numeric>
#include <ranges>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>

#include "thrum/core/error.h"
#include "thrum/core/refusal_test.h"
#include "thrum/runtime/machine.h"
#include "thrum/runtime/sanitized_test.h"

namespace thrum {
namespace {

using std::chrono::milliseconds;
using test::refusal;
using testing::HasSubstr;

int square(int x) {
  return x * x;
}

int fail_at_seven(int x) {
  if (x == 7) throw Error(ErrorCode::corrupt_data, "[test] seven is wrong", "take eight");
  if (x == 9) throw std::out_of_range("nine is too much");
  return x;
}

std::vector<int> first(int n) {
  std::vector<int> numbers(static_cast<std::size_t>(n));
  std::iota(numbers.begin(), numbers.end(), 0);
  return numbers;
}

std::vector<int> squares(int n) {
  std::vector<int> numbers = first(n);
  for (int& x : numbers) x = square(x);
  return numbers;
}

/// A file in which tasks leave marks, since they share no memory.
class Marks {
 public:
  Marks() {
    std::array<char, 32> name = {"/tmp/thrum-marks-XXXXXX"};
    ::close(::mkstemp(name.data()));
    path_ = name.data();
  }
  ~Marks() { ::unlink(path_.c_str()); }
  const std::string& path() const { return path_; }
  std::size_t count() const { return static_cast<std::size_t>(std::ifstream(path_, std::ios::ate).tellg()); }

  static void leave(const std::string& path) { std::ofstream(path, std::ios::app) << '.'; }

 private:
  std::string path_;
};

class Pool : public testing::TestWithParam<StartMethod> {
 protected:
  PoolOptions options(int workers = 2) const { return {.workers = workers, .start = GetParam()}; }
};

INSTANTIATE_TEST_SUITE_P(By, Pool, testing::Values(StartMethod::spawn, StartMethod::fork_server),
                         [](const testing::TestParamInfo<StartMethod>& method) {
                           return std::string(method.param == StartMethod::spawn ? "Spawn" : "ForkServer");
                         });

TEST_P(Pool, MapsInOrder) {
  ProcessPool pool(options());
  EXPECT_EQ(pool.map(square, first(1000)), squares(1000));
  EXPECT_EQ(pool.map(square, std::vector<int>()), std::vector<int>());
  EXPECT_EQ(pool.map(square, std::views::iota(0, 10)), squares(10));
}

TEST_P(Pool, RunsInItsWorkers) {
  ProcessPool pool(options(3));
  pool.wait_until_ready();
  const std::vector<pid_t> workers = pool.pids();
  EXPECT_EQ(workers.size(), 3U);
  const auto pids = pool.map([](int) { return ::getpid(); }, first(200));
  for (const pid_t pid : pids) EXPECT_THAT(workers, testing::Contains(pid));
  EXPECT_EQ(std::set(workers.begin(), workers.end()).contains(::getpid()), false);
}

TEST_P(Pool, CarriesLargeArgumentsAndResults) {
  ProcessPool pool(options());
  const std::vector<std::vector<double>> items(5, std::vector<double>(300'000, 1.5));
  const auto doubled = pool.map(
      [](std::vector<double> x) {
        for (double& value : x) value *= 2;
        return x;
      },
      items);
  ASSERT_EQ(doubled.size(), 5U);
  EXPECT_EQ(doubled[4], std::vector<double>(300'000, 3.0));
  const std::vector<std::string> texts(100, std::string(50'000, 'x'));
  EXPECT_EQ(pool.map([](const std::string& text) { return text + "y"; }, texts)[99], std::string(50'000, 'x') + "y");
}

TEST_P(Pool, ReplacesAWorkerThatDiesAndRunsOnlyItsTaskAgain) {
  ProcessPool pool(options());
  const Marks marks, deaths;
  const auto task = [](const std::tuple<int, std::string, std::string>& item) {
    const auto& [x, mark, death] = item;
    Marks::leave(mark);
    if (x == 50 && std::ifstream(death, std::ios::ate).tellg() < 2) {
      Marks::leave(death);
      ::raise(SIGKILL);
    }
    return x * x;
  };
  std::vector<std::tuple<int, std::string, std::string>> items;
  for (const int x : first(100)) items.emplace_back(x, marks.path(), deaths.path());
  EXPECT_EQ(pool.map(task, items), squares(100));
  EXPECT_EQ(deaths.count(), 2U);
  EXPECT_EQ(marks.count(), 102U) << "of one hundred tasks one ran three times";
}

TEST_P(Pool, SaysHowATaskDiedThatAlwaysDies) {
  ProcessPool pool(options());
  const auto task = [](int x) {
    if (x == 5) ::raise(SIGABRT);
    return x;
  };
  try {
    pool.map(task, first(20));
    FAIL();
  } catch (const TaskCrashed& crashed) {
    EXPECT_EQ(crashed.index(), 5U);
    EXPECT_EQ(crashed.end().signal, SIGABRT);
    EXPECT_FALSE(crashed.out_of_memory());
    EXPECT_STREQ(crashed.what(), "[ProcessPool] task 5: its process died each time it was run: signal 6 (Aborted)");
  }
  EXPECT_EQ(pool.map(square, first(100)), squares(100)) << "the pool goes on";
}

TEST_P(Pool, StaysUsableAfterACall) {
  ProcessPool pool(options());
  for (int i = 0; i < 50; ++i) EXPECT_EQ(pool.map(square, first(7)), squares(7));
}

TEST(ProcessPool, TellsWhatATaskThrew) {
  ProcessPool pool({.workers = 2});
  try {
    pool.map(fail_at_seven, first(20));
    FAIL();
  } catch (const TaskFailed& failed) {
    EXPECT_EQ(failed.index(), 7U);
    EXPECT_EQ(failed.code(), ErrorCode::corrupt_data);
    EXPECT_STREQ(failed.what(), "[ProcessPool] task 7: [test] seven is wrong; take eight");
    EXPECT_EQ(failed.hint(), "take eight");
  }
  EXPECT_EQ(refusal([&] { pool.apply(fail_at_seven, 9); }, ErrorCode::remote),
            "[ProcessPool] task 0: std::out_of_range: nine is too much");
  EXPECT_EQ(refusal([&] { pool.apply([] { throw 3; }); }, ErrorCode::remote),
            "[ProcessPool] task 0: an exception that is no std::exception");
}

TEST(ProcessPool, NeverRetriesAnException) {
  ProcessPool pool({.workers = 2});
  const Marks marks;
  const auto task = [](const std::string& path) {
    Marks::leave(path);
    throw std::runtime_error("once");
  };
  EXPECT_THROW(pool.apply(task, marks.path()), TaskFailed);
  EXPECT_EQ(marks.count(), 1U);
}

TEST(ProcessPool, AppliesOneTaskAndManyAtOnce) {
  ProcessPool pool({.workers = 2});
  EXPECT_EQ(pool.apply([](int a, const std::string& b) { return b + std::to_string(a); }, 7, "x"), "x7");
  auto slow = pool.apply_async([] { ::usleep(20'000); });
  auto quick = pool.apply_async(square, 9);
  EXPECT_EQ(quick.get(), 81);
  slow.get();
  std::vector<Future<int>> futures;
  for (int i = 0; i < 5000; ++i) futures.push_back(pool.apply_async(square, i % 100));
  int sum = 0;
  for (auto& future : futures) sum += future.get();
  EXPECT_EQ(sum, 50 * 328'350);
}

TEST(ProcessPool, ServesFuturesThatNobodyWaitsFor) {
  ProcessPool pool({.workers = 2});
  const Marks marks;
  for (int i = 0; i < 3000; ++i) pool.apply_async([](const std::string& path) { Marks::leave(path); }, marks.path());
  pool.join();
  EXPECT_EQ(marks.count(), 3000U);
}

TEST(ProcessPool, MapsTuples) {
  ProcessPool pool({.workers = 2});
  const std::vector<std::tuple<int, std::string>> items = {{1, "a"}, {2, "b"}};
  const auto join = [](int n, const std::string& text) { return text + std::to_string(n); };
  EXPECT_EQ(pool.starmap(join, items), (std::vector<std::string>{"a1", "b2"}));
  const std::vector<std::pair<double, double>> pairs = {{2, 3}, {3, 2}};
  EXPECT_EQ(pool.starmap(static_cast<double (*)(double, double)>(std::pow), pairs), (std::vector<double>{8, 9}));
}

TEST(ProcessPool, TakesTextsAndSpansByValue) {
  ProcessPool pool({.workers = 1});
  const std::vector<double> numbers = {1, 2, 3};
  const auto sum = [](const std::vector<double>& values, const std::string& text) {
    return text + std::to_string(std::accumulate(values.begin(), values.end(), 0.0));
  };
  const std::string_view text = "sum ";
  EXPECT_EQ(pool.apply(sum, std::span(numbers), text), "sum 6.000000");
  EXPECT_EQ(pool.apply_async(sum, std::span(numbers).first(2), "of two ").get(), "of two 3.000000");
  const std::vector<std::span<const double>> parts = {numbers, std::span(numbers).last(1)};
  const auto size = [](const std::vector<double>& values) { return values.size(); };
  EXPECT_EQ(pool.map(size, parts), (std::vector<std::size_t>{3, 1}));
}

TEST(ProcessPool, MapsBits) {
  ProcessPool pool({.workers = 2});
  EXPECT_EQ(pool.map([](bool bit) { return bit ? 1 : 0; }, std::vector<bool>{true, false, true}),
            (std::vector{1, 0, 1}));
}

// The address of a member function is another one in another process.
struct Counter {
  int count = 0;
  int twice() const { return 2 * count; }
};
static_assert(!task_detail::CallableThatCrosses<decltype(&Counter::twice)>);
static_assert(task_detail::CallableThatCrosses<decltype(&Counter::count)>);

TEST(ProcessPool, MapsFunctionsThatReturnNothing) {
  ProcessPool pool({.workers = 2});
  const Marks marks;
  pool.map([](const std::string& path) { Marks::leave(path); }, std::vector<std::string>(10, marks.path()));
  EXPECT_EQ(marks.count(), 10U);
}

TEST(ProcessPool, StreamsResultsInOrderFromAnEndlessSource) {
  ProcessPool pool({.workers = 2});
  int expected = 0;
  for (const int result : pool.imap(square, std::views::iota(0))) {
    EXPECT_EQ(result, expected * expected);
    if (++expected == 3000) break;
  }
  EXPECT_EQ(expected, 3000);
  EXPECT_EQ(pool.map(square, first(10)), squares(10));
}

TEST(ProcessPool, StreamsResultsAsTheyComplete) {
  ProcessPool pool({.workers = 2});
  std::set<std::size_t> seen;
  std::vector<std::size_t> order;
  const auto task = [](int x) {
    if (x == 0) ::usleep(50'000);
    return x * x;
  };
  for (const auto& done : pool.imap_unordered(task, first(300))) {
    EXPECT_EQ(done.value, static_cast<int>(done.index * done.index));
    seen.insert(done.index);
    order.push_back(done.index);
  }
  EXPECT_EQ(seen.size(), 300U);
  EXPECT_NE(order.front(), 0U);
}

TEST(ProcessPool, ReadsItsItemsNoFurtherAheadThanAsked) {
  ProcessPool pool({.workers = 2});
  int n_read = 0;
  auto items = std::views::iota(0) | std::views::transform([&](int x) {
                 ++n_read;
                 return x;
               });
  auto stream = pool.imap(square, items, {.ahead = 8});
  for (int i = 0; i < 20; ++i) stream.next();
  EXPECT_LE(n_read, 28);
}

TEST(ProcessPool, GoesOnWithAStreamAfterAFailure) {
  ProcessPool pool({.workers = 2});
  auto stream = pool.imap(fail_at_seven, first(9));
  for (int i = 0; i < 7; ++i) EXPECT_EQ(stream.next(), i);
  EXPECT_THROW(stream.next(), TaskFailed);
  EXPECT_EQ(stream.next(), 8);
  EXPECT_EQ(stream.next(), std::nullopt);
}

TEST(ProcessPool, KillsATaskThatTakesTooLong) {
  ProcessPool pool({.workers = 2});
  const auto task = [](int x) {
    while (x == 3) ::pause();
    return x;
  };
  EXPECT_EQ(refusal([&] { pool.map(task, first(10), {.timeout = milliseconds(50)}); }, ErrorCode::timed_out),
            "[ProcessPool] task 3: it ran for longer than 50 ms");
  EXPECT_EQ(pool.map(square, first(10)), squares(10));
}

TEST(ProcessPool, StopsWithinAMomentAndStaysUsable) {
  ProcessPool pool({.workers = 2});
  pool.wait_until_ready();
  std::stop_source stop;
  std::jthread stopper([&] { stop.request_stop(); });
  const auto for_ever = [](int x) {
    for (;;) ::pause();
    return x;
  };
  EXPECT_EQ(refusal([&] { pool.map(for_ever, first(100), {.stop = stop.get_token()}); }, ErrorCode::cancelled),
            "[ProcessPool] a stop was requested before the work was done");
  EXPECT_EQ(pool.map(square, first(100)), squares(100));
}

TEST(ProcessPool, CancelsAFuture) {
  ProcessPool pool({.workers = 1});
  auto endless = pool.apply_async([] {
    for (;;) ::pause();
  });
  auto waiting = pool.apply_async(square, 2);
  EXPECT_FALSE(endless.wait_for(milliseconds(20)));
  endless.cancel();
  EXPECT_EQ(refusal([&] { endless.get(); }, ErrorCode::cancelled),
            "[ProcessPool] task 0: it was cancelled before it had ended");
  EXPECT_EQ(waiting.get(), 4);
}

TEST(ProcessPool, InitialisesEveryWorkerAlsoThoseThatReplaceOthers) {
  ProcessPool pool(
      {.workers = 2}, [](int value) { ::setenv("THRUM_TEST_INIT", std::to_string(value).c_str(), 1); }, 42);
  const auto setting = [](int) {
    const char* value = std::getenv("THRUM_TEST_INIT");
    return std::string(value == nullptr ? "none" : value);
  };
  EXPECT_EQ(pool.map(setting, first(20)), std::vector<std::string>(20, "42"));
  for (const pid_t pid : pool.pids()) ::kill(pid, SIGKILL);
  EXPECT_EQ(pool.map(setting, first(20)), std::vector<std::string>(20, "42"));
}

TEST(ProcessPool, RunsNothingInAWorkerWhoseInitializerFailed) {
  for (int i = 0; i < 30; ++i) {
    const Marks marks;
    ProcessPool pool({.workers = 2}, [] { throw Error(ErrorCode::io, "[test] no such licence"); });
    const auto mark = [](const std::string& path) { Marks::leave(path); };
    EXPECT_EQ(refusal([&] { pool.apply(mark, marks.path()); }, ErrorCode::io),
              "[ProcessPool] task 0: [test] no such licence");
    EXPECT_EQ(marks.count(), 0U);
  }
}

TEST(ProcessPool, LetsNoQuickTaskWaitBehindALongOne) {
  ProcessPool pool({.workers = 2});
  pool.map(square, first(1000));  // tasks are quick, it learns
  for (int i = 0; i < 5; ++i) {
    auto endless = pool.apply_async([] {
      for (;;) ::pause();
    });
    EXPECT_EQ(pool.map(square, first(8)), squares(8));
    std::vector<Future<int>> futures;
    for (int x = 0; x < 8; ++x) futures.push_back(pool.apply_async(square, x));
    for (int x = 0; x < 8; ++x) EXPECT_EQ(futures[static_cast<std::size_t>(x)].get(), x * x);
    endless.cancel();
  }
}

TEST(ProcessPool, BreaksWithAReasonWhenDescriptorsRunOut) {
  if (THRUM_SANITIZED) GTEST_SKIP() << "a sanitizer needs a descriptor to look at an exception";
  ProcessPool pool({.workers = 2});
  pool.wait_until_ready();
  std::vector<UniqueFd> all;
  do all.emplace_back(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  while (all.back());
  for (const pid_t pid : pool.pids()) ::kill(pid, SIGKILL);
  const std::string failure = refusal(
      [&] {
        for (;;) pool.map(square, first(10));
      },
      ErrorCode::io);
  all.clear();
  EXPECT_THAT(failure, HasSubstr("Too many open files"));
}

TEST(ProcessPool, TakesNoResultFromACopyThatATaskHasForked) {
  ProcessPool pool({.workers = 2});
  const auto fork_and_return = [](int x) { return ::fork() == 0 ? -1 : x; };
  for (int i = 0; i < 5; ++i) EXPECT_EQ(pool.map(fork_and_return, first(20)), first(20));
}

TEST(ProcessPool, IsLeftAloneByACopyOfItsProcess) {
  ProcessPool pool({.workers = 2});
  EXPECT_EQ(pool.map(square, first(10)), squares(10));
  const pid_t copy = ::fork();
  if (copy == 0) {
    pool.~ProcessPool();
    std::_Exit(0);
  }
  int status = -1;
  ::waitpid(copy, &status, 0);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(pool.map(square, first(10)), squares(10));
}

TEST(ProcessPool, GivesTheTaskOfAStoppedWorkerToAnother) {
  ProcessPool pool({.workers = 1});
  pool.wait_until_ready();
  ::kill(pool.pids().front(), SIGSTOP);
  EXPECT_EQ(pool.apply_async({.timeout = milliseconds(100)}, square, 5).get(), 25);
}

TEST(ProcessPool, GivesItsTasksAnEmptyInput) {
  ProcessPool pool({.workers = 1});
  const auto read_byte = [] {
    char byte = 0;
    return static_cast<int>(::read(STDIN_FILENO, &byte, 1));
  };
  EXPECT_EQ(pool.apply(read_byte), 0);
}

TEST(ProcessPool, TakesTheLongestTimes) {
  ProcessPool pool({.workers = 1});
  auto future = pool.apply_async({.timeout = milliseconds::max()}, square, 3);
  EXPECT_TRUE(future.wait_for(std::chrono::nanoseconds::max()));
  EXPECT_EQ(future.get(), 9);
  EXPECT_EQ(refusal([&] { future.get(); }), "[ProcessPool] the result of a future was taken already");
  EXPECT_EQ(refusal([&] { pool.apply_async({.timeout = milliseconds(0)}, square, 3); }),
            "[ProcessPool] timeout must be positive, got 0 ms");
}

/// An exception that breaks what exceptions usually keep.
class OddError : public Error {
 public:
  explicit OddError(const char* text) : Error(ErrorCode::io, "[test] text", "a hint"), text_(text) {}
  const char* what() const noexcept override { return text_; }

 private:
  const char* text_;
};

TEST(ProcessPool, TellsOddExceptionsToo) {
  ProcessPool pool({.workers = 1});
  const auto fail_oddly = [](int way) {
    if (way == 0) throw OddError(nullptr);
    if (way == 1) throw OddError("a");
    throw std::runtime_error(std::string(1'000'000, 'x'));
  };
  EXPECT_EQ(refusal([&] { pool.apply(fail_oddly, 0); }, ErrorCode::io), "[ProcessPool] task 0: (it says nothing)");
  EXPECT_EQ(refusal([&] { pool.apply(fail_oddly, 1); }, ErrorCode::io), "[ProcessPool] task 0: a");
  EXPECT_LT(refusal([&] { pool.apply(fail_oddly, 2); }, ErrorCode::remote).size(), 100'000U);
}

TEST(ProcessPool, FailsWhenItsInitializerDoes) {
  ProcessPool pool({.workers = 2}, [] { throw Error(ErrorCode::io, "[test] no such licence"); });
  EXPECT_EQ(refusal([&] { pool.map(square, first(3)); }, ErrorCode::io),
            "[ProcessPool] task 0: [test] no such licence");
}

TEST(ProcessPool, GivesUpWhenWorkersDieBeforeTheyHaveDoneAnything) {
  ProcessPool pool({.workers = 2}, [] { std::_Exit(9); });
  EXPECT_EQ(
      refusal([&] { pool.apply(square, 3); }, ErrorCode::remote),
      "[ProcessPool] workers end before they have done anything: exit code 9; see what they wrote to standard error");
}

TEST(ProcessPool, ReplacesWorkersThatHaveDoneTheirShare) {
  ProcessPool pool({.workers = 2, .max_tasks_per_child = 5});
  const auto pids = pool.map([](int) { return ::getpid(); }, first(40));
  std::map<pid_t, int> tasks;
  for (const pid_t pid : pids) ++tasks[pid];
  for (const auto& [pid, n] : tasks) EXPECT_LE(n, 5);
  EXPECT_GE(tasks.size(), 8U);
}

TEST(ProcessPool, SharesTheProcessorsAmongItsWorkers) {
  ProcessPool pool({.workers = 2, .threads_per_worker = 3});
  EXPECT_EQ(pool.apply([] { return available_cpus(); }), 3);
  ProcessPool many({.workers = 64});
  EXPECT_EQ(many.apply([] { return available_cpus(); }), 1);
}

TEST(ProcessPool, ServesManyThreadsAtOnce) {
  ProcessPool pool({.workers = 2});
  std::vector<std::jthread> callers;
  std::array<bool, 6> right{};
  for (bool& ok : right) {
    callers.emplace_back([&] {
      ok = true;
      for (int i = 0; i < 20; ++i) ok = ok && pool.map(square, first(50)) == squares(50);
    });
  }
  callers.clear();
  for (const bool ok : right) EXPECT_TRUE(ok);
}

TEST(ProcessPool, CanBeUsedInsideATask) {
  ProcessPool pool({.workers = 2});
  const auto outer = [](int n) {
    ProcessPool inner({.workers = 2});
    const auto values = inner.map(square, first(n));
    return std::accumulate(values.begin(), values.end(), 0);
  };
  EXPECT_EQ(pool.map(outer, std::vector{3, 4}), (std::vector{5, 14}));
}

TEST(ProcessPool, EndsWithWorkToDo) {
  const Marks marks;
  Future<void> future = [&] {
    ProcessPool pool({.workers = 1});
    pool.apply_async([] {
      for (;;) ::pause();
    });
    return pool.apply_async([](const std::string& path) { Marks::leave(path); }, marks.path());
  }();
  EXPECT_EQ(refusal([&] { future.get(); }, ErrorCode::cancelled), "[ProcessPool] the pool has ended");
  EXPECT_EQ(marks.count(), 0U);
}

TEST(ProcessPool, RefusesOptionsThatCannotBe) {
  EXPECT_EQ(refusal([] { ProcessPool({.workers = -1}); }),
            "[ProcessPool] workers must lie in [0, 1024], got -1; 0 takes as many as the process may use CPUs");
  EXPECT_EQ(refusal([] { ProcessPool({.workers = 1, .max_tasks_per_child = -1}); }),
            "[ProcessPool] threads_per_worker and max_tasks_per_child must not be negative");
  EXPECT_EQ(refusal([] { ProcessPool({.workers = 1, .start = StartMethod::fork}); }),
            "[ProcessPool] workers cannot be forked: the pool has a thread of its own; use StartMethod::fork_server");
}

}  // namespace
}  // namespace thrum
