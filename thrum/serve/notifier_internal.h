#pragma once

#include <sys/types.h>

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "thrum/runtime/unique_fd.h"

namespace thrum::serving {

/// What systemd is told of a service of Type=notify: datagrams to $NOTIFY_SOCKET, as of sd_notify(3). Nothing is sent
/// where there is no such variable, and nobody waits for who does not listen.
class Notifier {
 public:
  /// Takes what systemd says out of the environment: the processes that a server starts are not the service.
  Notifier();

  /// The server answers; `status` is what `systemctl status` shows.
  void ready(std::string_view status) const;
  void reloading() const;
  void stopping() const;
  /// Another process is the service from now on.
  void hand_over(pid_t pid) const;
  /// That the server lives, twice in the time that systemd allows ($WATCHDOG_USEC).
  void beat();

  /// What was taken, for a server that succeeds this one.
  const std::vector<std::pair<std::string, std::string>>& environment() const noexcept { return environment_; }

 private:
  std::string take(const char* variable);
  void send(std::string_view text) const noexcept;

  std::vector<std::pair<std::string, std::string>> environment_;
  std::string address_;  ///< a path, or "@" and an abstract name; "": nobody wants to know
  UniqueFd socket_;
  std::chrono::microseconds allowed_;  ///< between two beats; 0: none are wanted
  std::chrono::steady_clock::time_point last_beat_ = {};
};

}  // namespace thrum::serving
