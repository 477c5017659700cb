#include <cxxabi.h>
#include <fmt/format.h>
#include <unistd.h>

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

/// What an exception says, or that it says nothing; the beginning of what would fill a screen many times.
std::string text_of(const std::exception& error) {
  constexpr std::size_t most = std::size_t{64} << 10;
  const char* text = error.what();
  if (text == nullptr) return "(it says nothing)";
  std::string shown = text;
  if (shown.size() > most) shown.replace(most, std::string::npos, "…");
  return shown;
}

RemoteFailure failure_of(const Error& error) {
  std::string message = text_of(error);
  const std::string end = "; " + error.hint();  // as Error joins them
  const bool is_joined = !error.hint().empty() && message.ends_with(end);
  if (is_joined) message.resize(message.size() - end.size());
  return {static_cast<std::int32_t>(error.code()), message, is_joined ? error.hint() : ""};
}

RemoteFailure current_failure() {
  const auto failure = [](ErrorCode code, const std::string& message) {
    return RemoteFailure{static_cast<std::int32_t>(code), message, {}};
  };
  try {
    throw;
  } catch (const Error& error) {
    return failure_of(error);
  } catch (const std::bad_alloc&) {
    return failure(ErrorCode::out_of_memory, "not enough memory (std::bad_alloc)");
  } catch (const std::exception& error) {
    return failure(ErrorCode::remote, fmt::format("{}: {}", type_name(typeid(error)), text_of(error)));
  } catch (...) {
    return failure(ErrorCode::remote, "an exception that is no std::exception");
  }
}

/// Whether the worker may go on.
bool run(WorkerChannel& channel, WorkerChannel::Task task) {
  const pid_t self = ::getpid();
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
  // The task has forked, and this is the copy: the channel is not its own.
  if (::getpid() != self) ::_exit(0);
  std::vector<UniqueFd> descriptors = result.take_descriptors();
  channel.send(kind, result.bytes(), std::move(descriptors));
  return kind == ResultKind::value || task.kind != TaskKind::initializer;
}

}  // namespace

int serve_pool() {
  return run_as_process([] {
    WorkerChannel channel;
    while (std::optional<WorkerChannel::Task> task = channel.next()) {
      if (!run(channel, std::move(*task))) return;
    }
  });
}

}  // namespace thrum
