#pragma once

#include <concepts>
#include <string>
#include <string_view>
#include <variant>

namespace thrum {

/// How many jobs run at once, as joblib counts them: 4; -1, all CPUs; -2, all but one; 0.5, half of them; "auto".
class JobCount {
 public:
  template <std::integral Count>
  JobCount(Count count) : value_(static_cast<long long>(count)) {}  // NOLINT(google-explicit-constructor): an option
  JobCount(double share) : value_(share) {}                         // NOLINT(google-explicit-constructor)
  JobCount(std::string_view word) : value_(std::string(word)) {}    // NOLINT(google-explicit-constructor)
  JobCount(const char* word) : value_(std::string(word)) {}         // NOLINT(google-explicit-constructor)

  /// What is meant where the process may use `cpus` CPUs: at least 1. `automatic` is the meaning of "auto".
  /// Throws invalid_argument: 0, a share outside (0, 1), another word, or more than Arena::max_slots - 1.
  int resolve(int cpus, int automatic) const;

 private:
  std::variant<long long, double, std::string> value_;
};

}  // namespace thrum
