#pragma once

#include <algorithm>
#include <chrono>

namespace thrum::serving {

/// How long a place waits for its next worker after one has died, while connections wait at its sockets. One that
/// served comes back soon, however often it dies: each request that kills its worker costs the others little. One that
/// cannot start comes back ever more slowly, so that a server which is broken does not take the machine.
class Respawn {
 public:
  using milliseconds = std::chrono::milliseconds;

  /// Of a worker that was ready, `age` after its birth: at once, or 0.1 s where it died young.
  milliseconds after_service(std::chrono::steady_clock::duration age) noexcept {
    n_failures_ = 0;
    return age >= milliseconds(250) ? milliseconds(0) : milliseconds(100);
  }

  /// Of one that never was: the first at once, then 0.1 s, doubled each time, up to 10 s.
  milliseconds after_failure() noexcept {
    ++n_failures_;
    if (n_failures_ == 1) return milliseconds(0);
    return std::min(milliseconds(100) * (1 << std::min(n_failures_ - 2, 7)), milliseconds(10000));
  }

 private:
  int n_failures_ = 0;  ///< in a row
};

}  // namespace thrum::serving
