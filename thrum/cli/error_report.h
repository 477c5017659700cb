#pragma once

#include <exception>
#include <string>

#include "thrum/cli/console.h"
#include "thrum/cli/exit_code.h"
#include "thrum/core/json_internal.h"

namespace thrum::cli {

/// Any exception as an error with an exit code. `command` ("train") is put before messages that name no place.
Failure failure_of(const std::exception_ptr& exception, const std::string& command);

/// The code, the message and the hint, as JSON output has them.
Json error_json(const Error& error);

/// On standard error "thrum: error: [train] …" with the hint on a line of its own, or with `json` one object on
/// standard output, if that can be written.
void report_failure(const Failure& failure, bool json, Console& console);

}  // namespace thrum::cli
