#pragma once

#include <stop_token>
#include <thread>

namespace thrum {

/// While it lives, SIGINT (Ctrl-C) and SIGTERM request a stop instead of ending the process; a second one ends it at
/// once. A signal that was ignored before, as SIGINT is in background jobs, stays ignored. One at a time in a process.
class Interrupt {
 public:
  /// Throws io where the system has no more file descriptors.
  Interrupt();
  /// What the signals did before, they do again.
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  std::stop_token token() const { return source_.get_token(); }

  /// The signal that came; 0: none.
  int signal() const noexcept;

  /// What a shell expects of a program that a signal ended: 130 after SIGINT, 143 after SIGTERM. REQUIRES: one came.
  int exit_code() const noexcept { return 128 + signal(); }

 private:
  std::stop_source source_;
  std::jthread watcher_;
};

}  // namespace thrum
