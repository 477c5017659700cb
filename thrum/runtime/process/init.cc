#include "thrum/runtime/process/init.h"

#include <fcntl.h>
#include <hwy/highway.h>
#include <hwy/nanobenchmark.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "thrum/core/error.h"
#include "thrum/runtime/process/process_role_internal.h"

#if HWY_MAJOR == 1 && HWY_MINOR == 0
/// Highway's own takes 3 ms to find how fine the clock is, for its benchmarks, at the start of every process that is
/// linked with it: more than all the rest of the start. This one is found before it.
std::uint64_t hwy::platform::TimerResolution() {
  return 1;
}
#endif

namespace thrum {
namespace {

constexpr const char* marker = "--thrum-process";

std::atomic<bool> initialised = false;

Command command_of(const RoleCommand& command) {
  return {.arguments = {marker, std::to_string(static_cast<int>(command.role)), std::to_string(::getpid())},
          .name = command.name,
          .environment = command.environment,
          .inherited = command.descriptors};
}

}  // namespace

void init(int argc, char** argv) {
  initialised = true;
  if (argc != 4 || std::string_view(argv[1]) != marker) return;
  ::prctl(PR_SET_NAME, argv[0]);
  if (!die_with_parent(std::atoi(argv[3]))) std::exit(1);
  std::exit(play_role(static_cast<ProcessRole>(std::atoi(argv[2]))));
}

bool is_initialised() noexcept {
  return initialised;
}

void require_init() {
  if (initialised) return;
  throw Error(ErrorCode::invalid_argument, "[process] thrum::init(argc, argv) was not called",
              "make it the first line of main: a new process runs the same program");
}

Process start_role(const RoleCommand& command, StartMethod start) {
  require_init();
  if (start == StartMethod::fork_server) return start_by_fork_server(command);
  return Process(command_of(command));
}

/// A process of a group in the background would be stopped when it reads from the terminal.
void have_no_input() {
  const UniqueFd nothing(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  if (nothing) ::dup2(nothing.get(), STDIN_FILENO);
}

int play_role(ProcessRole role) {
  have_no_input();
  switch (role) {
    case ProcessRole::call:
      return serve_call();
    case ProcessRole::fork_server:
      return serve_forks();
    case ProcessRole::pool_worker:
      return serve_pool();
  }
  return 2;
}

}  // namespace thrum
