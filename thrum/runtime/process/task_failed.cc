#include "thrum/runtime/process/task_failed.h"

#include <fmt/format.h>

#include <utility>

namespace thrum {
namespace {

ErrorCode code_of(const std::exception_ptr& cause) {
  try {
    std::rethrow_exception(cause);
  } catch (const Error& error) {
    return error.code();
  } catch (...) {
    return ErrorCode::internal;
  }
}

std::string text_of(const std::exception_ptr& cause) {
  try {
    std::rethrow_exception(cause);
  } catch (const std::exception& error) {
    return error.what();
  } catch (...) {
    return "an exception that is no std::exception";
  }
}

std::string about(const std::string& where, std::size_t index, const std::string& message) {
  return fmt::format("[{}] task {}: {}", where, index, message);
}

std::string crash_text(ProcessEnd end, bool out_of_memory) {
  const std::string how = out_of_memory ? "the kernel killed it for lack of memory" : end.describe();
  return "its process died each time it was run: " + how;
}

}  // namespace

TaskFailed::TaskFailed(const std::string& where, std::size_t index, std::exception_ptr cause)
    : Error(code_of(cause), about(where, index, text_of(cause))), index_(index), cause_(std::move(cause)) {}

TaskFailed::TaskFailed(const std::string& where, std::size_t index, ErrorCode code, const std::string& message,
                       const std::string& hint)
    : Error(code, about(where, index, message), hint), index_(index) {}

TaskCrashed::TaskCrashed(const std::string& where, std::size_t index, ProcessEnd end, bool out_of_memory)
    : TaskFailed(where, index, out_of_memory ? ErrorCode::out_of_memory : ErrorCode::remote,
                 crash_text(end, out_of_memory)),
      end_(end),
      out_of_memory_(out_of_memory) {}

}  // namespace thrum
