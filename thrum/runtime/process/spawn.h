#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "thrum/core/function_ref.h"
#include "thrum/runtime/process/process.h"
#include "thrum/runtime/process/task.h"

namespace thrum {

/// How a process that runs a function comes to be.
enum class StartMethod {
  /// This program anew, by exec: nothing is inherited but what is sent. The default.
  spawn,
  /// A copy of a small, single-threaded process that was spawned once: quicker than spawn, with the same promises.
  fork_server,
  /// A copy of this process with all that it holds, only while it has one thread: locks that other threads hold would
  /// stay locked for ever in the copy.
  fork,
};

struct SpawnOptions {
  std::string name = "thrum-process";  ///< as `ps` shows it
  StartMethod start = StartMethod::spawn;
  std::vector<std::pair<std::string, std::string>> environment = {};  ///< added to our own
};

namespace task_detail {

/// The type in which an argument crosses: texts as std::string, spans as vectors.
template <class T>
struct Crossing {
  using type = T;
};
template <>
struct Crossing<const char*> {
  using type = std::string;
};
template <>
struct Crossing<char*> {
  using type = std::string;
};
template <>
struct Crossing<std::string_view> {
  using type = std::string;
};
template <>
struct Crossing<std::vector<bool>::reference> {
  using type = bool;
};
template <class T, std::size_t N>
struct Crossing<std::span<T, N>> {
  using type = std::vector<std::remove_const_t<T>>;
};

/// `argument` in the type in which it crosses.
template <class T>
typename Crossing<std::decay_t<T>>::type cross(T&& argument) {
  using Crossed = typename Crossing<std::decay_t<T>>::type;
  if constexpr (wire_detail::is_span<std::decay_t<T>>) {
    return Crossed(argument.begin(), argument.end());
  } else {
    return Crossed(std::forward<T>(argument));
  }
}

Process start(const SpawnOptions& options, WireWriter task);
Process start_by_fork(const SpawnOptions& options, FunctionRef<void()> body);

}  // namespace task_detail

template <class T>
using crossing_t = typename task_detail::Crossing<std::decay_t<T>>::type;

/// Runs f(arguments...) in a new process, which ends with the call: multiprocessing.Process(target=f,
/// args=...).start(). The process has exit code 0, or 1 after an exception, whose text it writes to standard error. It
/// dies with this one, even by kill -9. `f` is a function, or a lambda with trivially copyable captures; the arguments
/// cross by value (see WireWriter). Throws invalid_argument when init was not called, or for StartMethod::fork when the
/// process has more than one thread; io. Thread-safe.
template <class F, class... Args>
  requires std::is_invocable_v<std::decay_t<F>&, crossing_t<Args>...>
Process spawn(const SpawnOptions& options, F&& f, Args&&... arguments) {
  if (options.start == StartMethod::fork) {
    return task_detail::start_by_fork(options, [&] { std::invoke(f, task_detail::cross(arguments)...); });
  }
  WireWriter task;
  task_detail::write_task<std::decay_t<F>, crossing_t<Args>...>(task, f, task_detail::cross(arguments)...);
  return task_detail::start(options, std::move(task));
}

template <class F, class... Args>
  requires std::is_invocable_v<std::decay_t<F>&, crossing_t<Args>...>
Process spawn(F&& f, Args&&... arguments) {
  return spawn(SpawnOptions(), std::forward<F>(f), std::forward<Args>(arguments)...);
}

}  // namespace thrum
