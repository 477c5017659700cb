#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include "thrum/core/error.h"
#include "thrum/core/refusal_test.h"
#include "thrum/runtime/process/process_pool_fixture_test.h"
#include "thrum/runtime/sanitized_test.h"
#include "thrum/runtime/unique_fd.h"

namespace thrum {
namespace {

using std::chrono::milliseconds;
using namespace pool_test;
using test::refusal;
using testing::HasSubstr;

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
