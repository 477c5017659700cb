#pragma once

#include <cstddef>
#include <exception>
#include <string>

#include "thrum/core/error.h"
#include "thrum/runtime/process/process.h"

namespace thrum {

/// One task of many failed: "[Parallel] task 7: [csv] line 3: ...". The code is that of the cause where it is an Error,
/// else `internal` for a task of this process and `remote` for one of another.
class TaskFailed : public Error {
 public:
  /// `cause`: what the task threw in this process.
  TaskFailed(const std::string& where, std::size_t index, std::exception_ptr cause);
  /// Of a task in another process: what it threw, as text.
  TaskFailed(const std::string& where, std::size_t index, ErrorCode code, const std::string& message,
             const std::string& hint = {});

  std::size_t index() const noexcept { return index_; }
  /// The original exception; null when it was thrown in another process.
  std::exception_ptr cause() const noexcept { return cause_; }

 private:
  std::size_t index_;
  std::exception_ptr cause_;
};

/// Each process that ran the task died of it.
class TaskCrashed : public TaskFailed {
 public:
  TaskCrashed(const std::string& where, std::size_t index, ProcessEnd end, bool out_of_memory);

  /// How the last of them ended.
  ProcessEnd end() const noexcept { return end_; }
  /// Whether the kernel killed it for lack of memory.
  bool out_of_memory() const noexcept { return out_of_memory_; }

 private:
  ProcessEnd end_;
  bool out_of_memory_;
};

}  // namespace thrum
