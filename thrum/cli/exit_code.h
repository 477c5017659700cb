#pragma once

#include <string>

#include "thrum/core/error.h"

namespace thrum::cli {

/// How the program ends. Documented in docs/guide/command-line.md; scripts rely on the numbers.
enum class ExitCode {
  ok = 0,
  failure = 1,       ///< at run time: a full disk, a fault of our own
  usage = 2,         ///< a wrong command, flag, value or configuration
  data = 3,          ///< data that is missing, unreadable or does not fit
  model = 4,         ///< a model file that is missing or no valid model
  gate = 5,          ///< a threshold that was asked for is not met
  resource = 6,      ///< a port in use, no memory
  interrupted = 130  ///< Ctrl-C
};

/// An error together with the exit code that its place in the program asks for.
class Failure : public Error {
 public:
  Failure(ExitCode exit_code, const Error& error) : Error(error), exit_code_(exit_code) {}
  Failure(ExitCode exit_code, ErrorCode code, const std::string& message, const std::string& hint = "")
      : Error(code, message, hint), exit_code_(exit_code) {}

  ExitCode exit_code() const noexcept { return exit_code_; }

 private:
  ExitCode exit_code_;
};

/// The fault of who called the program.
Failure usage_error(const std::string& message, const std::string& hint = "");

/// The exit code of an error that no step claimed.
ExitCode exit_code_of(ErrorCode code) noexcept;

/// Runs one step of a command. What is wrong with the step's input ends the program with `exit_code`; a Ctrl-C, lack of
/// memory and our own faults keep their codes.
template <class Step>
auto blame(ExitCode exit_code, Step&& step) -> decltype(step()) {
  try {
    return step();
  } catch (const Failure&) {
    throw;
  } catch (const Error& error) {
    const bool of_the_input = error.code() == ErrorCode::invalid_argument || error.code() == ErrorCode::io ||
                              error.code() == ErrorCode::corrupt_data || error.code() == ErrorCode::not_fitted;
    throw Failure(of_the_input ? exit_code : exit_code_of(error.code()), error);
  }
}

}  // namespace thrum::cli
