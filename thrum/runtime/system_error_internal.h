#pragma once

#include <cerrno>
#include <string>
#include <system_error>

#include "thrum/core/error.h"

namespace thrum {

/// The system's reason for `error`, such as "No such file or directory".
inline std::string reason(int error) {
  return std::generic_category().message(error);
}

/// Throws Error{io, "[where] what: reason"}.
[[noreturn]] inline void throw_io(const std::string& where_and_what, int error = errno) {
  throw Error(ErrorCode::io, where_and_what + ": " + reason(error));
}

}  // namespace thrum
