#include "thrum/cli/error_report.h"

#include <new>

#include "thrum/cli/session.h"
#include "thrum/cli/text.h"

namespace thrum::cli {
namespace {

/// what() is "message; hint".
std::string message_of(const Error& error) {
  const std::string text = error.what();
  return error.hint().empty() ? text : text.substr(0, text.size() - error.hint().size() - 2);
}

Failure placed(const Error& error, ExitCode exit_code, const std::string& command) {
  const std::string message = message_of(error);
  const std::string place = message.starts_with("[") ? "" : "[" + command + "] ";
  return {exit_code, error.code(), place + message, error.hint()};
}

}  // namespace

Failure failure_of(const std::exception_ptr& exception, const std::string& command) {
  try {
    std::rethrow_exception(exception);
  } catch (const Failure& failure) {
    return placed(failure, failure.exit_code(), command);
  } catch (const Error& error) {
    return placed(error, exit_code_of(error.code()), command);
  } catch (const std::bad_alloc&) {
    const Error error(ErrorCode::out_of_memory, "not enough memory",
                      "use less data or a smaller model, or a machine with more");
    return placed(error, ExitCode::resource, command);
  } catch (const std::exception& other) {
    return placed(Error(ErrorCode::internal, other.what()), ExitCode::failure, command);
  }
}

Json error_json(const Error& error) {
  return {{"code", error_code_name(error.code())}, {"message", message_of(error)}, {"hint", error.hint()}};
}

void report_failure(const Failure& failure, bool json, Console& console) {
  console.end_progress();
  const std::string message = message_of(failure);
  if (json) {
    const Json object = {{"schema", "thrum.error/1"}, {"error", error_json(failure)}};
    try {
      return print(json_text(object));
    } catch (const Failure&) {
      // Where nobody can read the object, the error output has to do.
    }
  }
  console.write(LogLevel::error, failure.hint().empty() ? message : message + "\n  " + failure.hint());
}

}  // namespace thrum::cli
