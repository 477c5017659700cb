#include "thrum/core/error.h"

namespace thrum {

std::string_view error_code_name(ErrorCode code) noexcept {
  switch (code) {
    case ErrorCode::invalid_argument:
      return "invalid_argument";
    case ErrorCode::not_fitted:
      return "not_fitted";
    case ErrorCode::io:
      return "io";
    case ErrorCode::corrupt_data:
      return "corrupt_data";
    case ErrorCode::out_of_memory:
      return "out_of_memory";
    case ErrorCode::cancelled:
      return "cancelled";
    case ErrorCode::timed_out:
      return "timed_out";
    case ErrorCode::remote:
      return "remote";
    case ErrorCode::internal:
      return "internal";
  }
  return "internal";
}

}  // namespace thrum
