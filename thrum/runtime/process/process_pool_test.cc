#include "thrum/runtime/process/process_pool.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <map>
#include <numeric>
#include <optional>
#include <ranges>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

#include "thrum/core/refusal_test.h"
#include "thrum/runtime/machine.h"
#include "thrum/runtime/process/process_pool_fixture_test.h"

namespace thrum {
namespace {

using std::chrono::milliseconds;
using namespace pool_test;
using test::refusal;

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

TEST_P(Pool, StaysUsableAfterACall) {
  ProcessPool pool(options());
  for (int i = 0; i < 50; ++i) EXPECT_EQ(pool.map(square, first(7)), squares(7));
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

}  // namespace
}  // namespace thrum
