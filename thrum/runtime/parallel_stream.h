#pragma once

#include <cstddef>
#include <functional>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include "thrum/core/mutex.h"
#include "thrum/runtime/parallel_crew.h"
#include "thrum/runtime/parallel_dispatch.h"
#include "thrum/runtime/parallel_work.h"

namespace thrum {

/// A result with the place of its task in the input, from 0.
template <class V>
struct Indexed {
  std::size_t index = 0;
  V value{};
};

/// The results of a parallel call, to be gone through once: `for (auto&& result : parallel.stream(f, items))`. Tasks
/// run ahead of the reader, but only so far as ParallelOptions::pre_dispatch allows; the first begins with begin().
/// Reaching a task that failed, or the place of a stop request, throws as Parallel::map does. When the stream ends
/// early, what has not begun never begins, and its destructor returns when what runs has ended. For one thread at a
/// time.
template <class V, bool ordered>
class ParallelStream {
 public:
  using value_type = std::conditional_t<ordered, V, Indexed<V>>;

  class Iterator {
   public:
    using value_type = ParallelStream::value_type;
    using difference_type = std::ptrdiff_t;
    using iterator_concept = std::input_iterator_tag;

    Iterator() = default;
    explicit Iterator(ParallelStream* stream) : stream_(stream) {}

    value_type& operator*() const { return *stream_->state_->current; }
    value_type* operator->() const { return &**this; }
    Iterator& operator++() {
      stream_->state_->advance();
      return *this;
    }
    void operator++(int) { ++*this; }
    friend bool operator==(const Iterator& it, std::default_sentinel_t) { return it.at_end(); }

   private:
    bool at_end() const noexcept { return !stream_->state_->current; }

    ParallelStream* stream_ = nullptr;
  };

  /// For Parallel.
  template <class MakeSource>
  ParallelStream(std::shared_ptr<Arena::Team> team, int jobs, std::unique_ptr<parallel_detail::Dispatch> dispatch,
                 MakeSource&& make_source)
      : state_(std::make_unique<State>(std::move(team), jobs, std::move(dispatch), make_source)) {}

  /// To be called once.
  Iterator begin() {
    state_->advance();
    return Iterator(this);
  }
  std::default_sentinel_t end() const noexcept { return {}; }

 private:
  /// What stays in place when the stream moves.
  struct State {
    template <class MakeSource>
    State(std::shared_ptr<Arena::Team> team, int jobs, std::unique_ptr<parallel_detail::Dispatch> own_dispatch,
          MakeSource& make_source)
        : dispatch(std::move(own_dispatch)),
          source(make_source(*dispatch)),
          crew(std::move(team), jobs, [this] { return run_next(); }, [this] { return dispatch->room(); }) {}
    ~State() { dispatch->abandon(); }

    bool run_next() {
      auto part = source->run_next();
      if (!part) return false;
      MutexLock lock(mutex);
      finished.emplace(part->first, std::move(part->values));
      return true;
    }

    void advance() {
      current.reset();
      while (!give_next()) {
        const std::size_t seen = crew.events();
        const bool nothing_comes = dispatch->is_over() && !crew.at_work();
        if (take_part()) continue;
        if (nothing_comes) return dispatch->finish();
        crew.advance(seen);
      }
    }

    /// The next value of the part that was taken last.
    bool give_next() {
      if (given == values.size()) return false;
      const std::size_t index = first + given;
      if constexpr (ordered) {
        current.emplace(std::move(values[given]));
      } else {
        current.emplace(index, std::move(values[given]));
      }
      ++given;
      return true;
    }

    bool take_part() {
      {
        MutexLock lock(mutex);
        if (finished.empty()) return false;
        auto part = finished.begin();
        if (ordered && part->first != next) return false;
        first = part->first;
        values = std::move(part->second);
        finished.erase(part);
      }
      given = 0;
      next = first + values.size();
      dispatch->take();
      crew.send_for_more();
      return true;
    }

    std::unique_ptr<parallel_detail::Dispatch> dispatch;
    std::unique_ptr<parallel_detail::Source<V>> source;
    std::optional<value_type> current;
    std::vector<V> values;
    std::size_t first = 0, given = 0;  ///< of `values`
    std::size_t next = 0;              ///< the task after `values`
    Mutex mutex;
    std::map<std::size_t, std::vector<V>> finished THRUM_GUARDED_BY(mutex);
    parallel_detail::Crew crew;  ///< the last: ends first
  };

  std::unique_ptr<State> state_;
};

}  // namespace thrum
