#pragma once

#include <sys/types.h>

#include <filesystem>
#include <vector>

namespace thrum {

/// A thread at one moment (proc(5)).
struct ThreadState {
  pid_t id = 0;
  pid_t process = 0;
  char state = '?';           ///< R runs or could, S sleeps, D waits uninterruptibly
  double queued_seconds = 0;  ///< it could run but had no CPU, since it began
};

/// The threads of a process and of its descendants. What ends meanwhile is left out, and what cannot be read counts as
/// ended. `proc` stands for /proc, so that recorded trees can be read.
std::vector<ThreadState> threads_of_tree(pid_t pid, const std::filesystem::path& proc = "/proc");

/// How long the calling thread could run but had no CPU, since it began.
double thread_queued_seconds();

}  // namespace thrum
