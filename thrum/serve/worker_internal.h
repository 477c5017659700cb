#pragma once

#include <sys/socket.h>

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "thrum/runtime/unique_fd.h"
#include "thrum/serve/connection_internal.h"
#include "thrum/serve/request_handler.h"
#include "thrum/serve/request_log_internal.h"
#include "thrum/serve/scoreboard_internal.h"
#include "thrum/serve/server.h"

namespace thrum::serving {

/// One worker: a single-threaded loop over its listening socket and its connections.
class Worker {
 public:
  struct Place {
    int seat;
    pid_t supervisor;
  };

  /// All must outlive the worker. SIGTERM, SIGINT and SIGQUIT are blocked from now on. Throws io.
  Worker(UniqueFd listener, RequestHandler& handler, const ServeOptions& options, Scoreboard& board, Place place);

  /// Serves until SIGTERM, and then until what is in flight is answered; until SIGINT or SIGQUIT; or until the
  /// supervisor is gone.
  void run();

 private:
  void watch(int fd, std::uint32_t events, int operation);
  void on_event(int fd, std::uint32_t events);
  void on_signal();
  void accept_all();
  void admit(UniqueFd socket, const sockaddr_storage& peer);
  void update(Connection& connection);
  void drop(int fd);
  void begin_drain();
  void sweep();
  void check_deadline(Connection& connection);
  Clock::duration allowed(const Connection& connection) const;

  UniqueFd listener_;
  UniqueFd epoll_;
  UniqueFd signals_;
  const ServeOptions& options_;
  Scoreboard& board_;
  Scoreboard::Seat& seat_;
  Place place_;
  RequestLog log_;
  RequestHandler& handler_;
  HttpSession::Context context_;
  std::vector<std::unique_ptr<Connection>> connections_;  // by fd
  std::vector<std::uint32_t> watched_;                    // events, by fd
  std::size_t n_connections_ = 0;
  std::vector<char> buffer_;
  Clock::time_point now_;
  Clock::time_point next_sweep_;
  Clock::duration tick_;
  Clock::time_point drain_begin_;
  Clock::time_point drain_end_;
  bool is_accepting_ = true;
  bool is_stopped_ = false;
};

}  // namespace thrum::serving
