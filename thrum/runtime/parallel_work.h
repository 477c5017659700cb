#pragma once

#include <algorithm>
#include <cstddef>
#include <exception>
#include <functional>
#include <iterator>
#include <optional>
#include <ranges>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "thrum/core/mutex.h"
#include "thrum/runtime/outcome.h"
#include "thrum/runtime/parallel_dispatch.h"

/// What the templates of Parallel are made of; not for users.
namespace thrum::parallel_detail {

/// What is kept of a call that returns R.
template <class R>
using Value = std::conditional_t<std::is_void_v<R>, std::monostate, std::remove_cvref_t<R>>;

/// A range whose items are taken a slice at a time. Here: one that can be gone through again, so that a slice is a
/// place.
template <std::ranges::view View>
class Input {
 public:
  using Item = std::ranges::range_reference_t<View>;

  struct Slice {
    std::ranges::iterator_t<View> place;
    std::size_t size = 0;

    Item next() { return *place++; }
  };

  explicit Input(View view) : view_(std::move(view)), next_(std::ranges::begin(view_)) {}

  void take(std::size_t wanted, Slice& slice) {
    using Difference = std::ranges::range_difference_t<View>;
    slice.place = next_;
    slice.size = wanted - static_cast<std::size_t>(
                              std::ranges::advance(next_, static_cast<Difference>(wanted), std::ranges::end(view_)));
  }

 private:
  View view_;
  std::ranges::iterator_t<View> next_;
};

/// One that passes once: a slice holds the items.
template <std::ranges::view View>
  requires(!std::ranges::forward_range<View>)
class Input<View> {
 public:
  using Item = std::ranges::range_value_t<View>&&;

  struct Slice {
    std::vector<std::ranges::range_value_t<View>> items;
    std::size_t size = 0, given = 0;

    Item next() { return std::move(items[given++]); }
  };

  explicit Input(View view) : view_(std::move(view)), next_(std::ranges::begin(view_)) {}

  /// An exception of the range leaves what came before it in `slice`. Nothing is taken that is not wanted yet.
  void take(std::size_t wanted, Slice& slice) {
    while (slice.size < wanted) {
      if (std::exchange(taken_, false)) ++next_;
      if (next_ == std::ranges::end(view_)) return;
      slice.items.push_back(*next_);
      taken_ = true;
      ++slice.size;
    }
  }

 private:
  View view_;
  std::ranges::iterator_t<View> next_;
  bool taken_ = false;  ///< the item at next_
};

/// What a batch gave: the values of tasks first, first + 1, … up to the first that failed.
template <class V>
struct Part {
  std::size_t first = 0;
  std::vector<V> values;
};

/// The parts of one call, in any order. Thread-safe.
template <class V>
class Parts {
 public:
  void add(Part<V> part) {
    MutexLock lock(mutex_);
    parts_.push_back(std::move(part));
  }

  /// All values in their order. REQUIRES: nobody adds any more.
  std::vector<V> join() && {
    MutexLock lock(mutex_);
    if (parts_.size() == 1) return std::move(parts_.front().values);
    std::ranges::sort(parts_, {}, &Part<V>::first);
    std::size_t size = 0;
    for (const Part<V>& part : parts_) size += part.values.size();
    std::vector<V> all;
    all.reserve(size);
    for (Part<V>& part : parts_) std::ranges::move(part.values, std::back_inserter(all));
    return all;
  }

 private:
  Mutex mutex_;
  std::vector<Part<V>> parts_ THRUM_GUARDED_BY(mutex_);
};

/// Where parts come from.
template <class V>
class Source {
 public:
  virtual ~Source() = default;
  /// Runs one batch; none where none may begin now.
  virtual std::optional<Part<V>> run_next() noexcept = 0;
};

/// Calls a function in the calling thread.
template <class F, std::ranges::view View>
class LocalCalls {
 public:
  using Slice = typename Input<View>::Slice;
  using Returned = std::invoke_result_t<F&, typename Input<View>::Item>;
  using Result = Value<Returned>;

  explicit LocalCalls(F function) : function_(std::forward<F>(function)) {}

  /// The calls of one batch.
  class Session {
   public:
    Session(F& function, Slice& slice) : function_(function), slice_(slice) {}

    Outcome<Result> next(std::size_t task) {
      try {
        if constexpr (std::is_void_v<Returned>) {
          std::invoke(function_, slice_.next());
          return Outcome<Result>(Result());
        } else {
          return Outcome<Result>(std::invoke(function_, slice_.next()));
        }
      } catch (...) {
        return Outcome<Result>(TaskFailed("Parallel", task, std::current_exception()));
      }
    }

   private:
    F& function_;
    Slice& slice_;
  };

  Session open(Batch&, Slice& slice, Dispatch&) { return Session(function_, slice); }

 private:
  F function_;
};

/// The tasks of one call, run batch by batch in any number of threads. Calls: what a task does, such as LocalCalls.
/// `collecting`: the values are Outcomes.
template <class Calls, std::ranges::view View, bool collecting>
class Work final
    : public Source<std::conditional_t<collecting, Outcome<typename Calls::Result>, typename Calls::Result>> {
 public:
  using Slice = typename Input<View>::Slice;
  using Returned = typename Calls::Returned;
  using Kept = std::conditional_t<collecting, Outcome<typename Calls::Result>, typename Calls::Result>;
  static constexpr bool collects = collecting;

  Work(Calls calls, View view, Dispatch& dispatch)
      : calls_(std::move(calls)), input_(std::move(view)), dispatch_(dispatch) {}

  std::optional<Part<Kept>> run_next() noexcept override {
    Slice slice;
    Batch batch;
    try {
      if (!take(batch, slice)) return std::nullopt;
    } catch (...) {
      dispatch_.fail_next(std::current_exception());
      return std::nullopt;
    }
    Part<Kept> part{batch.first, {}};
    try {
      run(batch, slice, part.values);
    } catch (...) {
      dispatch_.fail(batch.first + part.values.size(), std::current_exception());
    }
    dispatch_.end(batch);
    return part;
  }

 private:
  bool take(Batch& batch, Slice& slice) {
    MutexLock lock(input_mutex_);
    const std::size_t wanted = dispatch_.may_begin();
    if (wanted == 0) return false;
    std::exception_ptr failure;
    try {
      input_.take(wanted, slice);
    } catch (...) {
      failure = std::current_exception();
    }
    batch.size = slice.size;
    dispatch_.begin(batch);
    if (failure) dispatch_.fail_next(std::move(failure));
    return batch.size > 0;
  }

  void run(Batch& batch, Slice& slice, std::vector<Kept>& values) {
    values.reserve(batch.size);
    auto session = calls_.open(batch, slice, dispatch_);
    for (std::size_t task = batch.first; task < batch.first + batch.size; ++task) {
      if (!dispatch_.before(batch, task)) return;
      auto outcome = session.next(task);
      const bool in_time = dispatch_.after(batch);
      if (!keep(task, in_time ? std::move(outcome) : decltype(outcome)(dispatch_.timed_out(task)), values)) return;
    }
  }

  /// Whether the batch goes on.
  bool keep(std::size_t task, Outcome<typename Calls::Result> outcome, std::vector<Kept>& values) {
    if constexpr (collecting) {
      if (!outcome) dispatch_.count_failure();
      values.push_back(std::move(outcome));
      return true;
    } else {
      if (outcome) {
        values.push_back(*std::move(outcome));
        return true;
      }
      dispatch_.fail(task, std::make_exception_ptr(outcome.error()));
      return false;
    }
  }

  Calls calls_;
  Mutex input_mutex_;
  Input<View> input_ THRUM_GUARDED_BY(input_mutex_);
  Dispatch& dispatch_;
};

}  // namespace thrum::parallel_detail
