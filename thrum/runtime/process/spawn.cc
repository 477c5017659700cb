#include "thrum/runtime/process/spawn.h"

#include <fmt/format.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <iterator>
#include <optional>

#include "thrum/runtime/memfd_internal.h"
#include "thrum/runtime/process/lasting_thread_internal.h"
#include "thrum/runtime/process/process_role_internal.h"
#include "thrum/runtime/system_error_internal.h"

namespace thrum {
namespace {

std::size_t count_threads() {
  const std::filesystem::directory_iterator threads("/proc/self/task");
  return static_cast<std::size_t>(std::distance(begin(threads), end(threads)));
}

/// The task's bytes after the number of its descriptors.
UniqueFd share_task(WireWriter& task, std::size_t n_descriptors) {
  WireWriter head;
  head.write_size(n_descriptors);
  UniqueFd memory = create_memfd("thrum-task");
  write_memfd(memory.get(), 0, head.bytes());
  write_memfd(memory.get(), head.bytes().size(), task.bytes());
  seal_memfd(memory.get());
  return memory;
}

void run_call() {
  const SharedBytes memory(first_descriptor);
  WireReader head(memory.bytes());
  std::vector<UniqueFd> descriptors(head.read_size());
  int next = first_descriptor + 1;
  for (UniqueFd& descriptor : descriptors) descriptor.reset(next++);
  WireReader task(memory.bytes().last(head.bytes_left()), std::move(descriptors));
  WireWriter result;
  task_detail::run_task(task, result);
}

void become_child(const std::string& name, pid_t parent) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_NAME, name.c_str());
  if (!die_with_parent(parent)) ::_exit(1);
}

}  // namespace

int run_as_process(FunctionRef<void()> body) noexcept {
  try {
    body();
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "process %d: %s\n", ::getpid(), error.what());
  } catch (...) {
    std::fprintf(stderr, "process %d: an exception that is no std::exception\n", ::getpid());
  }
  return 1;
}

int serve_call() {
  return run_as_process([] { run_call(); });
}

namespace task_detail {

Process start(const SpawnOptions& options, WireWriter task) {
  const std::vector<UniqueFd> descriptors = task.take_descriptors();
  const UniqueFd memory = share_task(task, descriptors.size());
  RoleCommand command{ProcessRole::call, options.name, options.environment, {memory.get()}};
  for (const UniqueFd& descriptor : descriptors) command.descriptors.push_back(descriptor.get());
  if (options.start == StartMethod::fork_server) return start_role(command, options.start);
  std::optional<Process> process;
  run_in_lasting_thread([&] { process.emplace(start_role(command, options.start)); });
  return std::move(*process);
}

Process start_by_fork(const SpawnOptions& options, FunctionRef<void()> body) {
  if (const std::size_t threads = count_threads(); threads != 1) {
    throw Error(ErrorCode::invalid_argument,
                fmt::format("[process] fork needs a process with one thread, this one has {}", threads),
                "use StartMethod::spawn, or fork before anything starts a thread");
  }
  std::fflush(nullptr);  // or both processes would write what is still in the buffers
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid < 0) throw_io("[process] cannot fork");
  if (pid == 0) {
    become_child(options.name, parent);
    for (const auto& [name, value] : options.environment) ::setenv(name.c_str(), value.c_str(), 1);
    std::exit(run_as_process(body));
  }
  return Process(options.name, pid);
}

}  // namespace task_detail
}  // namespace thrum
