#include "thrum/runtime/process/init.h"

#include <gtest/gtest.h>

#include "thrum/core/refusal_test.h"
#include "thrum/runtime/process/process_pool.h"
#include "thrum/runtime/process/spawn.h"

// This program's main does not call init.

namespace thrum {
namespace {

template <class F>
void expect_refusal(F&& f) {
  EXPECT_EQ(test::refusal(f),
            "[process] thrum::init(argc, argv) was not called; make it the first line of main: a new process runs "
            "the same program");
}

TEST(Init, IsMissedBeforeAnyProcessIsStarted) {
  EXPECT_FALSE(is_initialised());
  expect_refusal([] { spawn([] {}); });
  expect_refusal([] { spawn(SpawnOptions{.start = StartMethod::fork_server}, [] {}); });
  expect_refusal([] { ProcessPool pool({.workers = 1}); });
}

}  // namespace
}  // namespace thrum
