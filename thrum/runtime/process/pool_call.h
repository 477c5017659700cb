#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <exception>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "thrum/core/function_ref.h"
#include "thrum/runtime/process/spawn.h"
#include "thrum/runtime/process/task.h"
#include "thrum/runtime/process/wire.h"

namespace thrum {

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

}  // namespace thrum
