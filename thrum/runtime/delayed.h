#pragma once

#include <functional>
#include <tuple>
#include <type_traits>
#include <utility>

namespace thrum {

/// A call to be made later: a function with its arguments, held as values.
template <class F, class... Args>
class Delayed {
 public:
  explicit Delayed(F function, Args... args) : function_(std::move(function)), args_(std::forward<Args>(args)...) {}

  /// The arguments are handed over as lvalues, so that the call can be repeated.
  decltype(auto) operator()() { return std::apply(function_, args_); }

 private:
  F function_;
  std::tuple<Args...> args_;
};

/// joblib's delayed: `parallel(delayed(f, 1, 2.0), delayed(g, "x"))`. Arguments are copied or moved in; std::ref keeps
/// a reference.
template <class F, class... Args>
auto delayed(F&& function, Args&&... args) {
  return Delayed<std::decay_t<F>, std::unwrap_ref_decay_t<Args>...>(std::forward<F>(function),
                                                                    std::forward<Args>(args)...);
}

}  // namespace thrum
