#pragma once

#include <fmt/format.h>
#include <sys/types.h>
#include <unistd.h>

#include <chrono>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "thrum/runtime/process/init.h"

namespace lesson {

/// Who runs this line: the numbers that `ps -L` shows. It crosses from one process to another.
struct Who {
  pid_t process = ::getpid();
  pid_t thread = ::gettid();

  std::string text() const { return fmt::format("process {}, thread {}", process, thread); }
  auto operator<=>(const Who&) const = default;
};

/// Measures seconds from its making on.
class Stopwatch {
 public:
  double seconds() const { return std::chrono::duration<double>(Clock::now() - begin_).count(); }

 private:
  using Clock = std::chrono::steady_clock;
  Clock::time_point begin_ = Clock::now();
};

/// What a lesson says, measures and checks. Not thread-safe: only the main thread uses it.
class Lesson {
 public:
  Lesson(std::size_t size, bool json) : size_(size), json_(json) {}

  /// How large: the number on the command line, or that of the test.
  std::size_t size() const { return size_; }

  template <class... Args>
  void say(fmt::format_string<Args...> text, Args&&... args) {
    fmt::print(json_ ? stderr : stdout, "{}\n", fmt::format(text, std::forward<Args>(args)...));
  }

  /// Runs f, shows how long it took, and returns what it returns.
  template <class F>
  auto time(const std::string& name, F&& f) {
    const Stopwatch watch;
    if constexpr (std::is_void_v<std::invoke_result_t<F&>>) {
      f();
      record(name, watch.seconds(), "s");
    } else {
      auto result = f();
      record(name, watch.seconds(), "s");
      return result;
    }
  }

  /// A figure, shown and kept for --json.
  void record(const std::string& name, double value, std::string_view unit) {
    say("  {:<40} {:>11.6g} {}", name, value, unit);
    figures_.emplace_back(name, value);
  }

  /// What a time above has shown.
  double figure(std::string_view name) const {
    for (const auto& [known, value] : figures_) {
      if (known == name) return value;
    }
    std::abort();
  }

  /// Says whether it is so. The lesson fails when it is not.
  void check(std::string_view fact, bool holds) {
    say("  {} {}", holds ? "ok:   " : "WRONG:", fact);
    ok_ = ok_ && holds;
  }

  /// Prints the JSON object if it was asked for; the exit code.
  int end() const {
    if (json_) {
      std::string members;
      for (const auto& [name, value] : figures_)
        members += fmt::format(R"({}"{}": {})", members.empty() ? "" : ", ", name, value);
      fmt::print("{{\"size\": {}, \"ok\": {}, \"figures\": {{{}}}}}\n", size_, ok_, members);
    }
    return ok_ ? 0 : 1;
  }

 private:
  std::size_t size_;
  bool json_;
  bool ok_ = true;
  std::vector<std::pair<std::string, double>> figures_;
};

/// The main of a lesson: `lesson_mean [SIZE] [--json]`. With --json one object on standard output, text on the other.
inline int run(int argc, char** argv, std::size_t test_size, void (*teach)(Lesson&)) {
  thrum::init(argc, argv);  // first of all: a worker process starts here and never comes back
  std::size_t size = test_size;
  bool json = false;
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (word == "--json") {
      json = true;
    } else if (size = std::strtoull(argv[i], nullptr, 10); size == 0) {
      fmt::print(stderr, "usage: {} [SIZE] [--json]\n", argv[0]);
      return 2;
    }
  }
  try {
    Lesson lesson(size, json);
    teach(lesson);
    return lesson.end();
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
}

}  // namespace lesson
