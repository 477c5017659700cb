#pragma once

#include <concepts>
#include <cstddef>
#include <functional>
#include <limits>
#include <memory>
#include <mutex>
#include <optional>
#include <ranges>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "thrum/core/function_ref.h"
#include "thrum/runtime/delayed.h"
#include "thrum/runtime/outcome.h"
#include "thrum/runtime/parallel.h"
#include "thrum/runtime/parallel_dispatch.h"
#include "thrum/runtime/parallel_options.h"
#include "thrum/runtime/parallel_stream.h"
#include "thrum/runtime/parallel_work.h"
#include "thrum/runtime/process/task_failed.h"

namespace thrum {

namespace parallel_detail {

/// What all calls of one object share.
class Settings {
 public:
  /// Throws invalid_argument (JobCount, or a timeout that is not positive).
  explicit Settings(ParallelOptions options);

  const ParallelOptions& options() const noexcept { return options_; }
  int jobs() const noexcept { return jobs_; }
  std::size_t pre_dispatch() const noexcept;
  /// Calls `work` in up to min(jobs(), tasks) threads at once, this one among them.
  void run_team(std::size_t tasks, FunctionRef<void()> work) const;
  /// Null: there is one job only.
  const std::shared_ptr<Arena::Team>& team() const;

 private:
  ParallelOptions options_;
  int jobs_;
  mutable std::once_flag team_wanted_;
  mutable std::shared_ptr<Arena::Team> team_;
};

/// Where tasks run: in threads of this process.
struct Here {
  template <class F, class View>
  using Calls = LocalCalls<F, View>;

  template <class F, class View>
  LocalCalls<F, View> calls(F&& function) const {
    return LocalCalls<F, View>(std::forward<F>(function));
  }
};

template <class Items>
std::optional<std::size_t> size_of(Items& items) {
  if constexpr (std::ranges::sized_range<Items>) {
    return static_cast<std::size_t>(std::ranges::size(items));
  } else {
    return std::nullopt;
  }
}

}  // namespace parallel_detail

/// What Parallel and ParallelProcesses have in common: one function over many inputs, at once.
///
/// Tasks are begun in the order of the input, and handed out in batches that grow until one takes about a millisecond.
/// The input may be any range: one that passes once is read as tasks begin, by one thread at a time; others are read by
/// several.
///
/// Throws, from every call: TaskFailed for the task with the lowest index of those that failed (tasks before it have
/// run to their end, of those after it some may never run), with the code timed_out where it took too long; cancelled
/// after a stop request; what the input throws. The object stays usable after each. Thread-safe.
template <class Where>
class BasicParallel {
 public:
  BasicParallel(ParallelOptions options, Where where) : settings_(std::move(options)), where_(std::move(where)) {}

  /// How many tasks run at once: at least 1.
  int n_jobs() const noexcept { return settings_.jobs(); }

  /// { f(item) for each item }, in order; nothing where f returns nothing.
  template <class F, std::ranges::input_range Items>
  auto map(F&& f, Items&& items) const {
    static_assert(!std::same_as<std::ranges::sentinel_t<Items>, std::unreachable_sentinel_t>,
                  "map needs an input that ends; stream takes one that does not");
    using Work = WorkOn<F&, Items, false>;
    auto results = run<Work>(f, std::forward<Items>(items));
    if constexpr (!std::is_void_v<typename Work::Returned>) return results;
  }

  /// The same as map.
  template <class F, std::ranges::input_range Items>
  auto operator()(F&& f, Items&& items) const {
    return map(std::forward<F>(f), std::forward<Items>(items));
  }

  /// { what f(item) gave or why it failed }, in order: a task that fails, or takes too long, ends nothing.
  template <class F, std::ranges::input_range Items>
  auto collect(F&& f, Items&& items) const {
    return run<WorkOn<F&, Items, true>>(f, std::forward<Items>(items));
  }

  /// The results of map one by one, in order, as a range that is computed while it is read. `items` may never end; an
  /// lvalue must outlive the stream.
  template <class F, std::ranges::input_range Items>
  auto stream(F f, Items&& items) const {
    return make_stream<true>(std::move(f), std::forward<Items>(items));
  }

  /// The same as they come, as Indexed {index, value}.
  template <class F, std::ranges::input_range Items>
  auto stream_unordered(F f, Items&& items) const {
    return make_stream<false>(std::move(f), std::forward<Items>(items));
  }

 private:
  template <class F, class Items, bool collecting>
  using WorkOn = parallel_detail::Work<typename Where::template Calls<F, std::views::all_t<Items>>,
                                       std::views::all_t<Items>, collecting>;

  template <class Work, class F, class Items>
  std::vector<typename Work::Kept> run(F& f, Items&& items) const {
    constexpr std::size_t unbounded = std::numeric_limits<std::size_t>::max();
    const auto total = parallel_detail::size_of(items);
    parallel_detail::Dispatch dispatch(settings_.options(), n_jobs(), total, unbounded, Work::collects);
    auto work = make_work<Work, F&>(f, std::forward<Items>(items), dispatch);
    parallel_detail::Parts<typename Work::Kept> parts;
    settings_.run_team(total.value_or(unbounded), [&] {
      while (auto part = work->run_next()) parts.add(*std::move(part));
    });
    dispatch.finish();
    return std::move(parts).join();
  }

  template <bool ordered, class F, class Items>
  auto make_stream(F f, Items&& items) const {
    using Work = WorkOn<F, Items, false>;
    auto dispatch = std::make_unique<parallel_detail::Dispatch>(
        settings_.options(), n_jobs(), parallel_detail::size_of(items), settings_.pre_dispatch(), false);
    return ParallelStream<typename Work::Kept, ordered>(
        settings_.team(), n_jobs(), std::move(dispatch), [&](parallel_detail::Dispatch& its) {
          return make_work<Work, F>(std::move(f), std::forward<Items>(items), its);
        });
  }

  template <class Work, class F, class Items>
  std::unique_ptr<Work> make_work(F&& f, Items&& items, parallel_detail::Dispatch& dispatch) const {
    using View = std::views::all_t<Items>;
    return std::make_unique<Work>(where_.template calls<F, View>(std::forward<F>(f)),
                                  std::views::all(std::forward<Items>(items)), dispatch);
  }

  parallel_detail::Settings settings_;
  Where where_;
};

/// joblib's Parallel, in threads. They all call the one function object given.
///
///     Parallel parallel({.n_jobs = -1});
///     std::vector<double> scores = parallel.map(score, files);
///     auto [a, b] = parallel(delayed(f, 1, 2.0), delayed(g, "x"));
///     for (auto&& score : parallel.stream(score_of, files)) …
///
/// Nested calls compose: inside a task of the `threads` backend, loops, arenas and other calls share the places of the
/// outermost one.
class Parallel : public BasicParallel<parallel_detail::Here> {
 public:
  using enum ParallelBackend;

  /// Throws invalid_argument.
  explicit Parallel(ParallelOptions options = {}) : BasicParallel(std::move(options), {}) {}

  using BasicParallel::operator();

  /// The results of calls, such as a vector of delayed(…), in order.
  template <std::ranges::input_range Calls>
  auto operator()(Calls&& calls) const {
    return map([](auto&& call) { return call(); }, std::forward<Calls>(calls));
  }

  /// A tuple of the results of functions without parameters, such as delayed(…); std::monostate for those that return
  /// nothing.
  template <std::invocable... Calls>
  auto operator()(Calls&&... calls) const {
    std::tuple<std::optional<parallel_detail::Value<std::invoke_result_t<Calls&>>>...> results;
    const auto call = [&](std::size_t task) { call_nth(task, results, std::index_sequence_for<Calls...>(), calls...); };
    map(call, std::views::iota(std::size_t{0}, sizeof...(Calls)));
    return std::apply([](auto&... kept) { return std::tuple(*std::move(kept)...); }, results);
  }

 private:
  template <class Results, std::size_t... i, class... Calls>
  static void call_nth(std::size_t n, Results& results, std::index_sequence<i...>, Calls&... calls) {
    ((i == n ? keep(std::get<i>(results), calls) : void()), ...);
  }

  template <class Result, class Call>
  static void keep(std::optional<Result>& result, Call& call) {
    if constexpr (std::is_void_v<std::invoke_result_t<Call&>>) {
      std::invoke(call);
      result.emplace();
    } else {
      result.emplace(std::invoke(call));
    }
  }
};

}  // namespace thrum
