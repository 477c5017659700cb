#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <exception>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <ranges>
#include <stop_token>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "thrum/core/function_ref.h"
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

struct CallOptions {
  std::stop_token stop = {};
  /// Of one task, positive; the worker that runs a task for longer is killed, and the task fails with timed_out.
  std::optional<std::chrono::milliseconds> timeout = {};
  /// How many tasks imap sends further than what was taken; 0: 64 for each worker.
  std::size_t ahead = 0;
};

namespace pool_detail {

/// Where the results of some tasks go. Its functions are called with the pool locked: they are quick and do not use it.
class Call {
 public:
  virtual ~Call() = default;
  /// Takes the result of a task. What it throws becomes the task's failure.
  virtual void complete(std::size_t index, WireReader& result) = 0;
  virtual void fail(std::size_t index, std::exception_ptr error) noexcept = 0;

  std::optional<std::chrono::milliseconds> timeout;
};

class Core;

/// The way from the templates to the pool; what Core's functions of these names say.
void submit(Core& core, std::shared_ptr<Call> call, std::size_t index, WireWriter& task);
void attend(Core& core, FunctionRef<bool()> done, const std::stop_token& stop);
void wait_for_room(Core& core, FunctionRef<bool()> done, const std::stop_token& stop);
bool attend_for(Core& core, FunctionRef<bool()> done, std::chrono::nanoseconds time);
void cancel(Core& core, const Call& call);
void abandon(Core& core, const Call& call, std::size_t from = 0);
[[noreturn]] void throw_cancelled();
[[noreturn]] void throw_taken();

/// A value, or nothing where a function returns nothing.
template <class R>
using Stored = std::conditional_t<std::is_void_v<R>, std::monostate, R>;

template <class R>
Stored<R> read_result(WireReader& reader) {
  auto value = reader.read<Stored<R>>();
  reader.expect_end();
  return value;
}

/// Results of tasks 0, 1, ...: those that came and were not taken.
template <class R>
class Results final : public Call {
 public:
  void complete(std::size_t index, WireReader& reader) override {
    values_.emplace(index, read_result<R>(reader));
    ++n_done_;
  }
  void fail(std::size_t index, std::exception_ptr error) noexcept override {
    failures_.emplace(index, std::move(error));
    ++n_done_;
  }

  std::size_t n_done() const noexcept { return n_done_; }
  bool has(std::size_t index) const { return values_.contains(index) || failures_.contains(index); }
  bool is_empty() const noexcept { return values_.empty() && failures_.empty(); }
  /// The lowest index that is there. REQUIRES: not empty.
  std::size_t first() const {
    if (values_.empty()) return failures_.begin()->first;
    if (failures_.empty()) return values_.begin()->first;
    return std::min(values_.begin()->first, failures_.begin()->first);
  }

  /// Throws what the task threw. REQUIRES: has(index).
  Stored<R> take(std::size_t index) {
    if (const auto failure = failures_.find(index); failure != failures_.end()) {
      const std::exception_ptr error = failure->second;
      failures_.erase(failure);
      std::rethrow_exception(error);
    }
    auto node = values_.extract(index);
    return std::move(node.mapped());
  }

 private:
  std::map<std::size_t, Stored<R>> values_;
  std::map<std::size_t, std::exception_ptr> failures_;
  std::size_t n_done_ = 0;
};

/// All results of a map, in order.
template <class R>
class MapResults final : public Call {
 public:
  void complete(std::size_t index, WireReader& reader) override {
    reserve(index);
    values_[index].emplace(read_result<R>(reader));
    ++n_done_;
  }
  void fail(std::size_t index, std::exception_ptr error) noexcept override {
    ++n_done_;
    if (index >= failed_) return;
    failed_ = index;
    failure_ = std::move(error);
  }

  std::size_t n_done() const noexcept { return n_done_; }
  bool has_failed() const noexcept { return failure_ != nullptr; }
  std::size_t failed() const noexcept { return failed_; }

  /// Throws the failure with the lowest index.
  std::vector<Stored<R>> take() {
    if (failure_) std::rethrow_exception(failure_);
    std::vector<Stored<R>> results;
    results.reserve(values_.size());
    for (auto& value : values_) results.push_back(std::move(*value));
    return results;
  }

 private:
  void reserve(std::size_t index) {
    if (index >= values_.size()) values_.resize(index + 1);
  }

  std::vector<std::optional<Stored<R>>> values_;
  std::size_t n_done_ = 0;
  std::size_t failed_ = static_cast<std::size_t>(-1);
  std::exception_ptr failure_;
};

/// Writes tasks of one function: what they have in common only once.
template <class F, class... Args>
class TaskWriter {
 public:
  explicit TaskWriter(const F& f) : f_(f) {
    task_detail::write_call<F, Args...>(writer_, f_);
    common_ = writer_.bytes().size();
  }

  WireWriter& write(const Args&... arguments) {
    if constexpr (HasWireHook<F>) {
      writer_ = WireWriter();
      task_detail::write_call<F, Args...>(writer_, f_);
    } else {
      writer_.rewind(common_);
    }
    (writer_.write(arguments), ...);
    return writer_;
  }

 private:
  const F& f_;
  WireWriter writer_;
  std::size_t common_ = 0;
};

/// A function of the elements of a tuple.
template <class F, class Tuple>
struct Star;
template <class F, template <class...> class Tuple, class... Args>
struct Star<F, Tuple<Args...>> {
  using Writer = TaskWriter<F, crossing_t<Args>...>;
  using Result = std::decay_t<std::invoke_result_t<F&, crossing_t<Args>...>>;
};

}  // namespace pool_detail

/// What will come of one task in a pool. Movable; its functions are not thread-safe.
template <class R>
class Future {
 public:
  Future(std::shared_ptr<pool_detail::Core> core, std::shared_ptr<pool_detail::Results<R>> results)
      : core_(std::move(core)), results_(std::move(results)) {}

  /// Waits. Throws TaskFailed; cancelled when a stop is requested meanwhile, or the pool has ended; invalid_argument
  /// the second time.
  R get(const std::stop_token& stop = {}) {
    if (std::exchange(is_taken_, true)) pool_detail::throw_taken();
    bool is_done = false;
    pool_detail::attend(*core_, [&] { return is_done = results_->n_done() == 1; }, stop);
    if (!is_done) pool_detail::throw_cancelled();
    if constexpr (std::is_void_v<R>) {
      results_->take(0);
    } else {
      return results_->take(0);
    }
  }

  /// Whether the result is there within `time`.
  bool wait_for(std::chrono::nanoseconds time) {
    return pool_detail::attend_for(*core_, [&] { return results_->n_done() == 1; }, time);
  }
  bool ready() { return wait_for(std::chrono::nanoseconds(0)); }

  /// Fails with cancelled, if it is not done: a task that runs is killed with its worker.
  void cancel() { pool_detail::cancel(*core_, *results_); }

 private:
  std::shared_ptr<pool_detail::Core> core_;
  std::shared_ptr<pool_detail::Results<R>> results_;
  bool is_taken_ = false;
};

/// A result of ProcessPool::imap_unordered.
template <class R>
struct Completed {
  std::size_t index = 0;
  pool_detail::Stored<R> value;
};

/// Results as a lazy input range: the source is read, and tasks are sent, some way ahead of what is taken. Its end
/// drops what has not begun. Movable; not thread-safe.
template <class R, class F, class View, bool Ordered>
class ResultStream {
 public:
  using Item = crossing_t<std::ranges::range_reference_t<View>>;
  using Value = std::conditional_t<Ordered, pool_detail::Stored<R>, Completed<R>>;

  ResultStream(std::shared_ptr<pool_detail::Core> core, F f, View items, std::size_t ahead, const CallOptions& options)
      : state_(std::make_unique<State>(std::move(core), std::move(f), std::move(items), ahead, options)) {}

  /// The next result; none at the end. Throws TaskFailed, after which the stream goes on with the next task; cancelled.
  std::optional<Value> next() { return state_->next(); }

  class Iterator {
   public:
    using value_type = Value;
    using difference_type = std::ptrdiff_t;
    explicit Iterator(ResultStream& stream) : stream_(&stream) { ++*this; }
    Value& operator*() const { return *current_; }
    Iterator& operator++() {
      current_ = stream_->next();
      return *this;
    }
    void operator++(int) { ++*this; }
    friend bool operator==(const Iterator& it, std::default_sentinel_t) { return !it.current_; }

   private:
    ResultStream* stream_;
    mutable std::optional<Value> current_;
  };
  Iterator begin() { return Iterator(*this); }
  static std::default_sentinel_t end() { return {}; }

 private:
  /// Behind a pointer, since it refers into itself.
  class State {
   public:
    State(std::shared_ptr<pool_detail::Core> core, F f, View items, std::size_t ahead, const CallOptions& options)
        : core_(std::move(core)),
          f_(std::move(f)),
          items_(std::move(items)),
          ahead_(ahead),
          stop_(options.stop),
          results_(std::make_shared<pool_detail::Results<R>>()),
          writer_(f_),
          at_(std::ranges::begin(items_)) {
      results_->timeout = options.timeout;
    }
    ~State() { pool_detail::abandon(*core_, *results_); }
    State(const State&) = delete;
    State& operator=(const State&) = delete;

    std::optional<Value> next() {
      send_ahead();
      if (n_taken_ == n_sent_) return std::nullopt;
      // With the pool locked: other results of the stream may come at the same time.
      std::optional<Value> taken;
      std::exception_ptr failure;
      const auto take = [&] {
        const std::size_t index = Ordered || results_->is_empty() ? n_taken_ : results_->first();
        if (!results_->has(index)) return false;
        try {
          if constexpr (Ordered) {
            taken.emplace(results_->take(index));
          } else {
            taken.emplace(Completed<R>{index, results_->take(index)});
          }
        } catch (...) {
          failure = std::current_exception();
        }
        return true;
      };
      pool_detail::attend(*core_, take, stop_);
      if (!taken && !failure) pool_detail::throw_cancelled();
      ++n_taken_;
      if (failure) std::rethrow_exception(failure);
      return taken;
    }

   private:
    void send_ahead() {
      for (; at_ != std::ranges::end(items_) && n_sent_ - n_taken_ < ahead_; ++at_) {
        pool_detail::submit(*core_, results_, n_sent_++, writer_.write(task_detail::cross(*at_)));
      }
    }

    std::shared_ptr<pool_detail::Core> core_;
    F f_;
    View items_;
    std::size_t ahead_;
    std::stop_token stop_;
    std::shared_ptr<pool_detail::Results<R>> results_;
    pool_detail::TaskWriter<F, Item> writer_;
    std::ranges::iterator_t<View> at_;
    std::size_t n_sent_ = 0;
    std::size_t n_taken_ = 0;
  };

  std::unique_ptr<State> state_;
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
