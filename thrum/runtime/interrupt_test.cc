#include "thrum/runtime/interrupt.h"

#include <gtest/gtest.h>
#include <signal.h>

#include <atomic>
#include <cstdlib>
#include <latch>
#include <thread>

#include "thrum/core/error.h"
#include "thrum/runtime/parallel.h"

namespace thrum {
namespace {

/// Each body runs in a process of its own.
class InterruptDeathTest : public testing::Test {
 protected:
  InterruptDeathTest() { GTEST_FLAG_SET(death_test_style, "threadsafe"); }

  static void wait_for_stop(const Interrupt& interrupt) {
    std::latch stopped(1);
    const std::stop_callback callback(interrupt.token(), [&] { stopped.count_down(); });
    stopped.wait();
  }
};

TEST_F(InterruptDeathTest, ASignalRequestsAStopAndTellsTheExitCode) {
  for (const int signal : {SIGINT, SIGTERM}) {
    const auto body = [&] {
      const Interrupt interrupt;
      if (interrupt.signal() != 0 || interrupt.token().stop_requested()) std::_Exit(1);
      ::raise(signal);
      wait_for_stop(interrupt);
      std::_Exit(interrupt.exit_code());
    };
    EXPECT_EXIT(body(), testing::ExitedWithCode(signal == SIGINT ? 130 : 143), "");
  }
}

TEST_F(InterruptDeathTest, ASecondSignalEndsTheProcessAtOnce) {
  const auto body = [] {
    const Interrupt interrupt;
    ::raise(SIGTERM);
    ::raise(SIGINT);
    std::_Exit(0);
  };
  EXPECT_EXIT(body(), testing::KilledBySignal(SIGINT), "");
}

TEST_F(InterruptDeathTest, AnIgnoredSignalStaysIgnored) {
  const auto body = [] {
    ::signal(SIGINT, SIG_IGN);
    const Interrupt interrupt;
    ::raise(SIGINT);
    std::_Exit(interrupt.signal() == 0 ? 0 : 1);
  };
  EXPECT_EXIT(body(), testing::ExitedWithCode(0), "");
}

TEST_F(InterruptDeathTest, AfterwardsASignalDoesWhatItDidBefore) {
  const auto body = [] {
    {
      const Interrupt interrupt;
    }
    {
      const Interrupt another;
    }
    ::raise(SIGTERM);
    std::_Exit(0);
  };
  EXPECT_EXIT(body(), testing::KilledBySignal(SIGTERM), "");
}

TEST_F(InterruptDeathTest, CancelsAParallelLoopAndLeavesTheArenaUsable) {
  for (const Backend backend : {Backend::sequential, Backend::threads, Backend::tbb}) {
    const auto body = [&] {
      const Interrupt interrupt;
      Arena arena(3, backend);
      std::atomic<bool> sent = false;
      try {
        // More chunks than time: only the stop ends it.
        arena.run(
            std::size_t{1} << 60,
            [&](std::size_t) {
              if (!sent.exchange(true)) ::kill(::getpid(), SIGINT);
              std::this_thread::yield();
            },
            interrupt.token());
      } catch (const Error& e) {
        if (e.code() != ErrorCode::cancelled) std::_Exit(2);
      }
      std::atomic<int> calls = 0;
      arena.run(10, [&](std::size_t) { ++calls; });
      std::_Exit(calls == 10 ? interrupt.exit_code() : 1);
    };
    EXPECT_EXIT(body(), testing::ExitedWithCode(130), "") << backend_name(backend);
  }
}

}  // namespace
}  // namespace thrum
