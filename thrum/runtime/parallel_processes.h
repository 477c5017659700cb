#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <ranges>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "thrum/core/error.h"
#include "thrum/runtime/parallel_calls.h"
#include "thrum/runtime/process/process_pool.h"

namespace thrum {

namespace parallel_detail {

/// What a task threw in another process.
struct RemoteError {
  std::int32_t code = 0;
  std::string what;
};

RemoteError current_error();
/// The error that the pool threw, as that of a task of Parallel. Rethrows what is no TaskFailed.
TaskFailed failure_of_pool(std::size_t task, const Dispatch& dispatch);

/// Runs in a worker: f(item) for each item of a batch.
template <class F, class Item>
class RemoteBatch {
 public:
  using Returned = std::invoke_result_t<F&, Item>;
  using Reply = std::variant<Value<Returned>, RemoteError>;

  explicit RemoteBatch(const F& function) : function_(function) {}

  void wire(WireWriter& writer) const { task_detail::write_callable(writer, function_); }
  static RemoteBatch from_wire(WireReader& reader) { return RemoteBatch(task_detail::read_callable<F>(reader)); }

  std::vector<Reply> operator()(std::vector<Item>&& items) {
    std::vector<Reply> replies;
    replies.reserve(items.size());
    for (auto&& item : items) replies.push_back(call(std::move(item)));
    return replies;
  }

 private:
  Reply call(Item&& item) {
    try {
      if constexpr (std::is_void_v<Returned>) {
        std::invoke(function_, std::move(item));
        return Reply(std::in_place_index<0>);
      } else {
        return Reply(std::in_place_index<0>, std::invoke(function_, std::move(item)));
      }
    } catch (...) {
      return Reply(std::in_place_index<1>, current_error());
    }
  }

  F function_;  // in no optional: g++ 12 forgets then that a lambda is trivially copyable
};

/// Calls a function in the workers of a pool, a batch at a time.
template <class Function, std::ranges::view View>
class RemoteCalls {
 public:
  using F = std::decay_t<Function>;
  using Slice = typename Input<View>::Slice;
  using Item = crossing_t<typename Input<View>::Item>;
  using Call = RemoteBatch<F, Item>;
  using Returned = typename Call::Returned;
  using Result = Value<Returned>;

  RemoteCalls(std::shared_ptr<ProcessPool> pool, const F& function) : pool_(std::move(pool)), call_(function) {}

  /// The outcomes of one batch, which has ended.
  class Session {
   public:
    explicit Session(std::vector<Outcome<Result>> outcomes) : outcomes_(std::move(outcomes)) {}
    Outcome<Result> next(std::size_t) { return std::move(outcomes_[given_++]); }

   private:
    std::vector<Outcome<Result>> outcomes_;
    std::size_t given_ = 0;
  };

  Session open(Batch& batch, Slice& slice, Dispatch& dispatch) {
    std::vector<Item> items;
    items.reserve(batch.size);
    for (std::size_t i = 0; i < batch.size; ++i) items.push_back(Item(slice.next()));
    try {
      return Session(send(batch.first, items, dispatch));
    } catch (const TaskCrashed&) {
      if (batch.size == 1) return failed(batch, dispatch);
    } catch (const TaskFailed&) {
      return failed(batch, dispatch);
    } catch (const Error&) {
      if (dispatch.options().stop.stop_requested()) return Session({});
      throw;
    }
    return Session(send_singly(batch.first, items, dispatch));  // one of them kills its worker
  }

 private:
  std::vector<Outcome<Result>> send(std::size_t first, const std::vector<Item>& items, Dispatch& dispatch) {
    const ParallelOptions& options = dispatch.options();
    CallOptions call_options;
    if (options.timeout) call_options.timeout = std::chrono::ceil<std::chrono::milliseconds>(*options.timeout);
    auto future = pool_->apply_async(call_options, call_, items);
    std::vector<Outcome<Result>> outcomes;
    for (auto& reply : wait(future, options.stop)) outcomes.push_back(outcome_of(first + outcomes.size(), reply));
    return outcomes;
  }

  std::vector<Outcome<Result>> send_singly(std::size_t first, const std::vector<Item>& items, Dispatch& dispatch) {
    std::vector<Outcome<Result>> outcomes;
    for (const auto& item : items) {
      const std::size_t task = first + outcomes.size();
      try {
        outcomes.push_back(std::move(send(task, {item}, dispatch).front()));
      } catch (const TaskFailed&) {
        outcomes.push_back(Outcome<Result>(failure_of_pool(task, dispatch)));
      }
    }
    return outcomes;
  }

  /// REQUIRES: called while an exception of the pool is handled.
  static Session failed(const Batch& batch, const Dispatch& dispatch) {
    std::vector<Outcome<Result>> outcomes;
    for (std::size_t i = 0; i < batch.size; ++i) {
      outcomes.push_back(Outcome<Result>(failure_of_pool(batch.first + i, dispatch)));
    }
    return Session(std::move(outcomes));
  }

  template <class Future>
  static auto wait(Future& future, const std::stop_token& stop) {
    try {
      return future.get(stop);
    } catch (...) {
      future.cancel();
      throw;
    }
  }

  static Outcome<Result> outcome_of(std::size_t task, typename Call::Reply& reply) {
    if (reply.index() == 0) return Outcome<Result>(std::get<0>(std::move(reply)));
    const RemoteError& error = std::get<1>(reply);
    return Outcome<Result>(TaskFailed("Parallel", task, static_cast<ErrorCode>(error.code), error.what));
  }

  std::shared_ptr<ProcessPool> pool_;
  Call call_;
};

/// Where tasks run: in the workers of a pool.
struct InProcesses {
  template <class F, class View>
  using Calls = RemoteCalls<F, View>;

  template <class F, class View>
  RemoteCalls<F, View> calls(F&& function) const {
    return RemoteCalls<F, View>(pool, function);
  }

  std::shared_ptr<ProcessPool> pool;
};

}  // namespace parallel_detail

/// joblib's Parallel, in processes that live as long as this object: for tasks that must not share memory, may crash,
/// or must be ended when they take too long. What may cross, ProcessPool says; `options.backend` does not matter. A
/// task that exceeds the timeout is killed with its worker, and the batches are of one task each where there is a
/// timeout. Threads that a task begins get the worker's share of the CPUs.
class ParallelProcesses : public BasicParallel<parallel_detail::InProcesses> {
 public:
  /// Throws as Parallel and ProcessPool.
  explicit ParallelProcesses(const ParallelOptions& options = {}, PoolOptions pool = {});
};

}  // namespace thrum
