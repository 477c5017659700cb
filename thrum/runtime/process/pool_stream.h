#pragma once

#include <cstddef>
#include <exception>
#include <iterator>
#include <memory>
#include <optional>
#include <ranges>
#include <stop_token>
#include <type_traits>
#include <utility>

#include "thrum/runtime/process/pool_call.h"

namespace thrum {

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

}  // namespace thrum
