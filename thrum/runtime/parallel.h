#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "thrum/core/function_ref.h"

namespace thrum {

enum class Backend {
  sequential,  ///< everything in the calling thread, in order: the best debugging tool
  threads,     ///< a plain team, for tasks that block
  tbb,         ///< oneTBB: composes when nested; the default
};

std::string_view backend_name(Backend backend) noexcept;

/// A fixed number of places at which work can run at once. The calling thread takes one of them.
/// Thread-safe: calls from several threads share the arena's workers. Calls may nest: one that begins in a chunk runs
/// on the places of the arena that this chunk runs on, whatever arena it names, so that no more threads are at work
/// than the outermost call was given; and a thread that waits for it runs nothing else meanwhile. Scratch belongs to a
/// chunk, never to a thread.
class Arena {
 public:
  /// The most slots that an arena can have.
  static constexpr int max_slots = 1024;

  /// `slots`: 1 to max_slots; 0 means as many as the process may use (available_cpus()). More than there are CPUs is
  /// allowed. The sequential backend has one slot, whatever is asked. Throws invalid_argument.
  explicit Arena(int slots = 0, Backend backend = Backend::tbb);
  ~Arena();
  Arena(Arena&&) noexcept;
  Arena& operator=(Arena&&) noexcept;

  int slots() const noexcept { return slots_; }
  Backend backend() const noexcept { return backend_; }

  /// Runs body(0) … body(n_chunks - 1), each at most once, up to slots() at a time, begun in this order, and returns
  /// when all have ended.
  ///
  /// Of several exceptions the one with the lowest index is rethrown; chunks below it have run to their end, of those
  /// above some may never run. A stop request counts as Error{cancelled} thrown by the first chunk that has not begun.
  /// The arena stays usable after either.
  void run(std::size_t n_chunks, FunctionRef<void(std::size_t chunk)> body, std::stop_token stop = {});

  /// What a backend does.
  class Team {
   public:
    virtual ~Team() = default;
    /// Calls `work` at least once and at most `places` times, at once in as many threads as are free. Returns when
    /// every call has ended; what they wrote is visible then. `work` does not throw.
    virtual void run(int places, FunctionRef<void()> work) = 0;
    /// Calls `work` some time later in a thread of the team, if ever. It does not throw.
    virtual void post(std::function<void()> work) = 0;
  };

 private:
  int slots_;
  Backend backend_;
  std::unique_ptr<Team> team_;  ///< null where there is one slot only
};

/// body(begin, end) for the consecutive ranges of `chunk` indices (the last may be shorter) that make up [0, n).
/// `chunk` must follow from shapes and dtypes only, so that numbers do not depend on the machine. REQUIRES: chunk > 0.
template <class Body>
  requires std::is_invocable_v<Body&, std::size_t, std::size_t>
void parallel_for(Arena& arena, std::size_t n, std::size_t chunk, Body&& body, std::stop_token stop = {}) {
  const std::size_t n_chunks = n / chunk + (n % chunk != 0);
  arena.run(
      n_chunks,
      [&](std::size_t c) {
        const std::size_t begin = c * chunk;
        body(begin, n - begin < chunk ? n : begin + chunk);
      },
      std::move(stop));
}

/// { f(0), …, f(n - 1) }, in order. The element type need not have a default constructor.
template <class F>
auto parallel_map(Arena& arena, std::size_t n, F&& f, std::stop_token stop = {}) {
  using T = std::invoke_result_t<F&, std::size_t>;
  std::vector<std::optional<T>> slots(n);
  arena.run(n, [&](std::size_t i) { slots[i].emplace(f(i)); }, std::move(stop));
  std::vector<T> results;
  results.reserve(n);
  for (auto& slot : slots) results.push_back(std::move(*slot));
  return results;
}

/// combine(…combine(combine(identity, map(b0, e0)), map(b1, e1))…) over the ranges of parallel_for, in their order: the
/// result does not depend on the number of threads, even where `combine` is only nearly associative.
template <class T, class Map, class Combine>
T parallel_reduce(Arena& arena, std::size_t n, std::size_t chunk, T identity, Map&& map, Combine&& combine,
                  std::stop_token stop = {}) {
  const std::size_t n_chunks = n / chunk + (n % chunk != 0);
  auto partials = parallel_map(
      arena, n_chunks,
      [&](std::size_t c) -> T {
        const std::size_t begin = c * chunk;
        return map(begin, n - begin < chunk ? n : begin + chunk);
      },
      std::move(stop));
  T result = std::move(identity);
  for (T& partial : partials) result = combine(std::move(result), std::move(partial));
  return result;
}

/// Runs the given functions, at once where there are places.
template <class... Functions>
void parallel_invoke(Arena& arena, Functions&&... functions) {
  const FunctionRef<void()> calls[] = {FunctionRef<void()>(functions)...};
  arena.run(sizeof...(Functions), [&](std::size_t i) { calls[i](); });
}

}  // namespace thrum
