#include <cxxabi.h>
#include <fmt/format.h>

#include <cstdlib>
#include <memory>
#include <new>
#include <typeinfo>

#include "thrum/core/error.h"
#include "thrum/runtime/process/pool_channel_internal.h"
#include "thrum/runtime/process/process_role_internal.h"
#include "thrum/runtime/process/task.h"

namespace thrum {
namespace {

std::string type_name(const std::type_info& type) {
  int status = 0;
  const std::unique_ptr<char, void (*)(void*)> name(abi::__cxa_demangle(type.name(), nullptr, nullptr, &status),
                                                    std::free);
  return status == 0 ? name.get() : type.name();
}

RemoteFailure current_failure() {
  const auto failure = [](ErrorCode code, const std::string& message, const std::string& hint = {}) {
    return RemoteFailure{static_cast<std::int32_t>(code), message, hint};
  };
  try {
    throw;
  } catch (const Error& error) {
    std::string message = error.what();
    if (!error.hint().empty()) message.resize(message.size() - error.hint().size() - 2);  // "; " joins them
    return failure(error.code(), message, error.hint());
  } catch (const std::bad_alloc&) {
    return failure(ErrorCode::out_of_memory, "not enough memory (std::bad_alloc)");
  } catch (const std::exception& error) {
    return failure(ErrorCode::remote, fmt::format("{}: {}", type_name(typeid(error)), error.what()));
  } catch (...) {
    return failure(ErrorCode::remote, "an exception that is no std::exception");
  }
}

void run(WorkerChannel& channel, WorkerChannel::Task task) {
  WireWriter result;
  ResultKind kind = ResultKind::value;
  try {
    WireReader reader(task.bytes, std::move(task.descriptors));
    task_detail::run_task(reader, result);
  } catch (...) {
    kind = ResultKind::failure;
    result = WireWriter();
    result.write(current_failure());
  }
  std::vector<UniqueFd> descriptors = result.take_descriptors();
  channel.send(kind, result.bytes(), std::move(descriptors));
}

}  // namespace

int serve_pool() {
  return run_as_process([] {
    WorkerChannel channel;
    while (std::optional<WorkerChannel::Task> task = channel.next()) run(channel, std::move(*task));
  });
}

}  // namespace thrum
