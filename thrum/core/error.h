#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace thrum {

enum class ErrorCode {
  invalid_argument,  ///< the caller's fault: a wrong option, shape, column name or value
  not_fitted,        ///< a model is asked before it was trained
  io,                ///< the operating system refused: a missing file, a full disk, a port in use
  corrupt_data,      ///< bytes from outside that do not hold what they must
  out_of_memory,
  cancelled,  ///< Ctrl-C or a stop token
  timed_out,
  remote,  ///< another rank or process failed
  internal,
};

/// The name as it appears in JSON, such as "invalid_argument".
std::string_view error_code_name(ErrorCode code) noexcept;

/// The one exception of the library. `what()` reads "[train] column \"incom\" is not in adult.csv; nearest:
/// \"income\"": where, what was expected, what was given, and what to do.
class Error : public std::runtime_error {
 public:
  Error(ErrorCode code, const std::string& message) : std::runtime_error(message), code_(code) {}

  /// With a remedy, which JSON reports apart; `what()` ends in "; " + hint.
  Error(ErrorCode code, const std::string& message, const std::string& hint)
      : std::runtime_error(hint.empty() ? message : message + "; " + hint), code_(code), hint_(hint) {}

  ErrorCode code() const noexcept { return code_; }
  const std::string& hint() const noexcept { return hint_; }

 private:
  ErrorCode code_;
  std::string hint_;
};

}  // namespace thrum
