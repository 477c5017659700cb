#pragma once

#include <signal.h>

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "thrum/core/bytes.h"
#include "thrum/runtime/process/process.h"
#include "thrum/runtime/unique_fd.h"
#include "thrum/serve/listener_internal.h"
#include "thrum/serve/scoreboard_internal.h"
#include "thrum/serve/server.h"

namespace thrum::serving {

/// Keeps the supervisor's signals from being delivered, so that it can read them.
class SignalBlock {
 public:
  SignalBlock();
  ~SignalBlock();
  SignalBlock(const SignalBlock&) = delete;
  SignalBlock& operator=(const SignalBlock&) = delete;

 private:
  sigset_t before_;
};

/// Keeps the workers alive. It owns one listening socket per slot, which whoever fills the slot inherits: a connection
/// that waits there outlives a worker's death. It has no threads, and does nothing but signals, births and deaths.
class Supervisor {
 public:
  /// Binds the address. Throws as serve().
  Supervisor(ByteSpan image, const ServeOptions& options);

  /// Until a signal ends it. Throws remote where no worker ever became ready.
  void run();

 private:
  using Clock = std::chrono::steady_clock;

  struct Slot {
    std::optional<Process> worker = {};
    int n_failures = 0;
    bool is_aborted = false;  ///< by the watchdog
    bool is_told = false;     ///< to stop
    Clock::time_point spawned = {};
    Clock::time_point next_spawn = {};
    Clock::time_point aborted = {};
  };

  void wait();
  Clock::time_point next_duty() const;
  void on_signal(int signal);
  void stop(int signal, Clock::duration allowed);
  void tell_workers();
  void reap();
  void on_exit(std::size_t index, const ProcessEnd& end);
  void spawn_due();
  void spawn(std::size_t index);
  void watch_heartbeats();
  void signal_all(int signal) const;
  bool is_any_alive() const;
  bool is_ready(std::size_t index);

  ServeOptions options_;
  Listeners listeners_;
  UniqueFd image_;
  Scoreboard board_;
  SignalBlock blocked_;
  UniqueFd signals_;
  std::vector<Slot> slots_;
  Clock::time_point stop_end_ = Clock::time_point::max();
  bool is_stopping_ = false;
  int stop_signal_ = 0;
  bool was_any_ready_ = false;
  int n_boot_failures_ = 0;
  std::string failure_;  ///< why it gives up
};

}  // namespace thrum::serving
