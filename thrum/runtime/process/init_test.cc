#include "thrum/runtime/process/init.h"

#include <gtest/gtest.h>

#include "thrum/core/error.h"
#include "thrum/runtime/process/process_pool.h"
#include "thrum/runtime/process/spawn.h"

// This program's main does not call init.

namespace thrum {
namespace {

template <class F>
void expect_refusal(F&& f) {
  try {
    f();
    ADD_FAILURE() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::invalid_argument);
    EXPECT_STREQ(error.what(),
                 "[process] thrum::init(argc, argv) was not called; make it the first line of main: a new process runs "
                 "the same program");
  }
}

TEST(Init, IsMissedBeforeAnyProcessIsStarted) {
  EXPECT_FALSE(is_initialised());
  expect_refusal([] { spawn([] {}); });
  expect_refusal([] { spawn(SpawnOptions{.start = StartMethod::fork_server}, [] {}); });
  expect_refusal([] { ProcessPool pool({.workers = 1}); });
}

}  // namespace
}  // namespace thrum
