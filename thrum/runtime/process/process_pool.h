#pragma once

#include <sys/types.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <ranges>
#include <stop_token>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "thrum/runtime/process/pool_call.h"
#include "thrum/runtime/process/pool_future.h"
#include "thrum/runtime/process/pool_stream.h"
#include "thrum/runtime/process/spawn.h"
#include "thrum/runtime/process/task.h"
#include "thrum/runtime/process/task_failed.h"

namespace thrum {

struct PoolOptions {
  int workers = 0;                         ///< processes; 0: available_cpus()
  StartMethod start = StartMethod::spawn;  ///< spawn or fork_server
  std::string name = "thrum-worker";       ///< as `ps` shows them
  int threads_per_worker = 0;              ///< what available_cpus() says in a worker; 0: an even share of ours
  int max_tasks_per_child = 0;             ///< a worker is replaced after so many tasks; 0: never
};

/// Processes that run functions, for work that must not share memory, or may crash. A task is a function, or a lambda
/// with trivially copyable captures, and its arguments by value (see WireWriter); what it throws comes back as
/// TaskFailed. A worker that dies is noticed at once and replaced; the task that it ran, and no other, is run again in
/// a fresh worker, at most twice, then fails as TaskCrashed. Workers end with this process, however it ends. They are
/// started in the background, by the constructor. Thread-safe; the destructor cancels what has not begun and kills what
/// runs.
class ProcessPool {
 public:
  /// Throws invalid_argument for options that cannot be, or when init was not called.
  explicit ProcessPool(PoolOptions options = {});
  /// Each worker calls f(arguments...) before its first task. Where that fails, so do all tasks.
  template <class F, class... Args>
    requires std::is_invocable_v<std::decay_t<F>&, crossing_t<Args>...>
  ProcessPool(PoolOptions options, F&& f, Args&&... arguments)
      : ProcessPool(std::move(options), [&] {
          WireWriter task;
          task_detail::write_task<std::decay_t<F>, crossing_t<Args>...>(task, f, task_detail::cross(arguments)...);
          return task;
        }()) {}
  ~ProcessPool();
  ProcessPool(const ProcessPool&) = delete;
  ProcessPool& operator=(const ProcessPool&) = delete;

  int workers() const noexcept;
  /// Of the workers that run now, for `ps`.
  std::vector<pid_t> pids() const;
  /// Waits until every worker can begin a task at once. Throws remote when they cannot be started.
  void wait_until_ready();

  /// Sends a task; many may wait in the pool. Throws io.
  template <class F, class... Args>
    requires std::is_invocable_v<std::decay_t<F>&, crossing_t<Args>...>
  auto apply_async(F&& f, Args&&... arguments) {
    return apply_async(CallOptions(), std::forward<F>(f), std::forward<Args>(arguments)...);
  }
  template <class F, class... Args>
    requires std::is_invocable_v<std::decay_t<F>&, crossing_t<Args>...>
  auto apply_async(const CallOptions& options, F&& f, Args&&... arguments) {
    using R = std::decay_t<std::invoke_result_t<std::decay_t<F>&, crossing_t<Args>...>>;
    auto results = std::make_shared<pool_detail::Results<R>>();
    results->timeout = options.timeout;
    WireWriter task;
    task_detail::write_task<std::decay_t<F>, crossing_t<Args>...>(task, f, task_detail::cross(arguments)...);
    pool_detail::submit(*core_, results, 0, task);
    return Future<R>(core_, std::move(results));
  }

  /// Runs one task and waits for it.
  template <class F, class... Args>
  auto apply(F&& f, Args&&... arguments) {
    return apply_async(std::forward<F>(f), std::forward<Args>(arguments)...).get();
  }

  /// { f(item) for each item }, in order. Items are read as workers can take them. Of several failures the one with the
  /// lowest index is thrown: tasks before it have ended, of those behind it some never begin. Throws TaskFailed,
  /// TaskCrashed, cancelled.
  template <class F, std::ranges::input_range Items>
    requires std::is_invocable_v<std::decay_t<F>&, crossing_t<std::ranges::range_reference_t<Items>>>
  auto map(F&& f, Items&& items, const CallOptions& options = {}) {
    using Item = crossing_t<std::ranges::range_reference_t<Items>>;
    using R = std::decay_t<std::invoke_result_t<std::decay_t<F>&, Item>>;
    const std::decay_t<F>& callable = f;
    pool_detail::TaskWriter<std::decay_t<F>, Item> writer(callable);
    return run_all<R>(items, options,
                      [&](auto&& item) -> WireWriter& { return writer.write(task_detail::cross(item)); });
  }

  /// { f(a, b, ...) for each tuple of arguments }.
  template <class F, std::ranges::input_range Items>
  auto starmap(F&& f, Items&& items, const CallOptions& options = {}) {
    using Star = pool_detail::Star<std::decay_t<F>, std::ranges::range_value_t<Items>>;
    const std::decay_t<F>& callable = f;
    typename Star::Writer writer(callable);
    return run_all<typename Star::Result>(items, options, [&](const auto& item) -> WireWriter& {
      return std::apply(
          [&](const auto&... arguments) -> WireWriter& { return writer.write(task_detail::cross(arguments)...); },
          item);
    });
  }

  /// As map, but lazily: a range of results in order, while tasks run up to options.ahead further.
  template <class F, std::ranges::input_range Items>
    requires std::is_invocable_v<std::decay_t<F>&, crossing_t<std::ranges::range_reference_t<Items>>>
  auto imap(F&& f, Items&& items, const CallOptions& options = {}) {
    return stream<true>(std::forward<F>(f), std::forward<Items>(items), options);
  }
  /// As imap, but in the order in which tasks end: a range of Completed{index, value}.
  template <class F, std::ranges::input_range Items>
    requires std::is_invocable_v<std::decay_t<F>&, crossing_t<std::ranges::range_reference_t<Items>>>
  auto imap_unordered(F&& f, Items&& items, const CallOptions& options = {}) {
    return stream<false>(std::forward<F>(f), std::forward<Items>(items), options);
  }

  /// Waits until all tasks have ended.
  void join();

 private:
  ProcessPool(PoolOptions options, WireWriter initializer);

  template <class R, class Items, class Write>
  auto run_all(Items&& items, const CallOptions& options, Write&& write) {
    auto results = std::make_shared<pool_detail::MapResults<R>>();
    results->timeout = options.timeout;
    std::size_t n_sent = 0;
    std::optional<std::size_t> failure;  // of the results, which others may change while the pool is not locked
    const auto failed = [&] {
      if (results->has_failed()) failure = results->failed();
      return failure.has_value();
    };
    for (auto&& item : items) {
      pool_detail::submit(*core_, results, n_sent++, write(item));
      pool_detail::wait_for_room(*core_, failed, options.stop);
      if (failure || options.stop.stop_requested()) break;
    }
    bool is_done = false;
    const auto done = [&] { return (is_done = results->n_done() == n_sent) || failed(); };
    pool_detail::attend(*core_, done, options.stop);
    if (!is_done && failure) is_done = finish_below(*results, *failure, n_sent, options.stop);
    if (!is_done) {
      pool_detail::cancel(*core_, *results);
      pool_detail::throw_cancelled();
    }
    auto values = results->take();
    if constexpr (!std::is_void_v<R>) return values;
  }

  /// Drops what has not begun behind the failed task, and waits for the rest, which may fail earlier.
  template <class R>
  bool finish_below(pool_detail::MapResults<R>& results, std::size_t failure, std::size_t n_sent,
                    const std::stop_token& stop) {
    pool_detail::abandon(*core_, results, failure + 1);
    bool is_done = false;
    pool_detail::attend(*core_, [&] { return is_done = results.n_done() == n_sent; }, stop);
    return is_done;
  }

  template <bool Ordered, class F, class Items>
  auto stream(F&& f, Items&& items, const CallOptions& options) {
    using View = std::views::all_t<Items>;
    using Item = crossing_t<std::ranges::range_reference_t<View>>;
    using R = std::decay_t<std::invoke_result_t<std::decay_t<F>&, Item>>;
    const std::size_t ahead = options.ahead > 0 ? options.ahead : 64 * static_cast<std::size_t>(workers());
    return ResultStream<R, std::decay_t<F>, View, Ordered>(core_, std::forward<F>(f),
                                                           std::views::all(std::forward<Items>(items)), ahead, options);
  }

  std::shared_ptr<pool_detail::Core> core_;  ///< futures and streams hold it too
};

}  // namespace thrum
