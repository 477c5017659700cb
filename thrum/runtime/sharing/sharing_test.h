#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <iterator>
#include <stdexcept>
#include <string>
#include <utility>

#include "thrum/core/error.h"
#include "thrum/core/refusal_test.h"
#include "thrum/runtime/process/spawn.h"
#include "thrum/runtime/process/wire.h"
#include "thrum/runtime/sharing/shared_array.h"

namespace thrum {

/// Long enough for whatever must happen.
constexpr std::chrono::milliseconds generous(60'000);

/// ThreadSanitizer reports the misuse of a mutex that a test means.
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define THRUM_SKIP_MISUSE_OF_MUTEXES() GTEST_SKIP() << "ThreadSanitizer would report it"
#endif
#endif
#ifndef THRUM_SKIP_MISUSE_OF_MUTEXES
#define THRUM_SKIP_MISUSE_OF_MUTEXES()
#endif

[[noreturn]] inline void block() {
  for (;;) ::pause();
}

inline void kill_and_wait(Process& process) {
  process.kill();
  process.wait();
}

template <class Body>
void expect_error(ErrorCode code, const std::string& message, const Body& body) {
  EXPECT_EQ(test::refusal(body, code), message);
}

/// Ends a spawned process with exit code 1 unless `holds`.
inline void demand(bool holds) {
  if (!holds) throw std::runtime_error("not as the test demands");
}

/// What `value` becomes in a process that receives it.
template <class T>
T sent(const T& value) {
  WireWriter writer;
  writer.write(value);
  auto descriptors = writer.take_descriptors();
  WireReader reader(writer.bytes(), std::move(descriptors));
  return reader.read<T>();
}

inline std::size_t open_descriptors() {
  return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {}));
}

/// Receiving a shared array as a T is an error.
template <class T>
void expect_refusal(const std::string& kind) {
  WireWriter writer;
  writer.write(SharedArray<int>(3));
  auto descriptors = writer.take_descriptors();
  WireReader reader(writer.bytes(), std::move(descriptors));
  expect_error(ErrorCode::corrupt_data, "[memory] expected a shared " + kind + " of 1-byte elements, got array of 4",
               [&] { reader.read<T>(); });
}

}  // namespace thrum
