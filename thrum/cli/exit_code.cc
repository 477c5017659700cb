#include "thrum/cli/exit_code.h"

namespace thrum::cli {

Failure usage_error(const std::string& message, const std::string& hint) {
  return {ExitCode::usage, ErrorCode::invalid_argument, message, hint};
}

ExitCode exit_code_of(ErrorCode code) noexcept {
  switch (code) {
    case ErrorCode::invalid_argument:
      return ExitCode::usage;
    case ErrorCode::corrupt_data:
      return ExitCode::data;
    case ErrorCode::not_fitted:
      return ExitCode::model;
    case ErrorCode::out_of_memory:
      return ExitCode::resource;
    case ErrorCode::cancelled:
      return ExitCode::interrupted;
    case ErrorCode::io:
    case ErrorCode::timed_out:
    case ErrorCode::remote:
    case ErrorCode::internal:
      return ExitCode::failure;
  }
  return ExitCode::failure;
}

}  // namespace thrum::cli
