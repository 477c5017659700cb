#pragma once

#include <sys/types.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "thrum/runtime/unique_fd.h"

namespace thrum {

/// A program to start.
struct Command {
  std::vector<std::string> arguments;  ///< without the program's name
  /// The default is this program itself, also when its file was replaced or removed since it began.
  std::string program = "/proc/self/exe";
  std::string name = "thrum";                                         ///< argv[0], as `ps` shows it
  std::vector<std::pair<std::string, std::string>> environment = {};  ///< added to our own
  /// inherited[i] becomes descriptor 3 + i there. Besides these it gets the standard ones, nothing else.
  std::vector<int> inherited = {};
  /// Our descriptors that become its standard input, output and error.
  std::array<int, 3> standard = {0, 1, 2};
};

/// How a process ended: by exit(code), or by a signal.
struct ProcessEnd {
  int code = 0;
  int signal = 0;  ///< 0: none

  bool ok() const noexcept { return code == 0 && signal == 0; }
  std::string describe() const;  ///< "exit code 3" or "signal 9 (Killed)"
};

/// What a process used, with those of its children that it waited for (getrusage(2)).
struct ProcessUsage {
  double user_seconds = 0;
  double system_seconds = 0;              ///< in the kernel on its behalf
  std::uint64_t peak_resident_bytes = 0;  ///< of the largest of them
  std::uint64_t minor_faults = 0;
  std::uint64_t major_faults = 0;        ///< pages that were read from storage
  std::uint64_t voluntary_switches = 0;  ///< it waited for something
  std::uint64_t forced_switches = 0;     ///< another one had its turn
  std::uint64_t storage_read_bytes = 0;
  std::uint64_t storage_written_bytes = 0;
};

/// A child process in a process group of its own, with default signal actions and none blocked. It is spawned, never
/// forked: no lock or thread of ours can be left half alive in it. Movable. Not thread-safe.
class Process {
 public:
  /// Starts `command`. Throws io. A child that calls die_with_parent ends with the *thread* that started it, so that
  /// must be one that stays.
  explicit Process(const Command& command);
  /// A process that somebody else started and waits for. `pidfd` refers to it; from `end` comes, as bytes, its
  /// ProcessEnd, or nothing when the other is gone too.
  Process(std::string name, pid_t pid, UniqueFd pidfd, UniqueFd end);
  /// Our own child, in a process group of its own, that was forked. Throws io.
  Process(std::string name, pid_t pid);
  /// Kills the child and its group if it has not been waited for, and waits.
  ~Process();
  Process(Process&&) noexcept = default;
  Process& operator=(Process&& other) noexcept;

  pid_t pid() const noexcept { return pid_; }
  /// What `ps` shows.
  const std::string& name() const noexcept { return name_; }
  /// Becomes readable when the child has ended.
  int pidfd() const noexcept { return pidfd_.get(); }

  /// Sends `signal` to the child, never to another process that got its number. Nothing happens after its end.
  void send(int signal) const noexcept;
  /// Asks it to end (SIGTERM).
  void terminate() const noexcept;
  /// Ends it (SIGKILL).
  void kill() const noexcept;

  /// From now on it is on its own: it outlives this object and this process.
  void detach() noexcept { pidfd_.reset(); }

  /// Waits for the end. Further calls say the same.
  ProcessEnd wait();
  /// As wait(); none when the child still runs after `time`.
  std::optional<ProcessEnd> wait_for(std::chrono::milliseconds time);
  bool running() { return !wait_for(std::chrono::milliseconds(0)); }

  /// Zeros until the end has been waited for, and for a process that somebody else waits for.
  const ProcessUsage& usage() const noexcept { return usage_; }

 private:
  ProcessEnd reap();

  std::string name_;
  pid_t owner_ = ::getpid();  ///< a copy of it, made by fork, leaves the child alone
  pid_t pid_;
  UniqueFd pidfd_;     ///< closed: moved away, or detached
  UniqueFd reported_;  ///< where its end is told; closed: it is our own child
  std::optional<ProcessEnd> end_;
  ProcessUsage usage_;
};

/// The kernel kills this process as soon as the thread that started it is gone, even by kill -9. A spawned program
/// calls it first of all. False when `parent`, the starting process, has already ended: the caller should exit.
bool die_with_parent(pid_t parent) noexcept;

}  // namespace thrum
