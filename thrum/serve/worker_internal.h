#pragma once

#include <sys/epoll.h>
#include <sys/socket.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "thrum/runtime/unique_fd.h"
#include "thrum/serve/connection_internal.h"
#include "thrum/serve/log_files_internal.h"
#include "thrum/serve/request_handler.h"
#include "thrum/serve/request_log_internal.h"
#include "thrum/serve/scoreboard_internal.h"
#include "thrum/serve/serve_options.h"
#include "thrum/serve/signal_queue_internal.h"

namespace thrum::serving {

/// Where a worker works, as its supervisor tells it.
struct WorkerPlace {
  const Scoreboard& board;
  Scoreboard::Seat& seat;
  pid_t supervisor;
  int doorbell;          ///< of the supervisor
  SignalQueue& signals;  ///< SIGTERM, SIGINT, SIGQUIT and SIGUSR1
  std::vector<UniqueFd> listeners;
};

/// One worker: a single-threaded loop over its listening sockets and its connections.
class Worker {
 public:
  /// All must outlive the worker. Throws io.
  Worker(WorkerPlace place, RequestHandler& handler, const ServeOptions& options);

  /// Serves until SIGTERM, or max_requests, and then until what is in flight is answered; until SIGINT or SIGQUIT; or
  /// until the supervisor is gone.
  void run();

 private:
  void watch(int fd, std::uint32_t events, int operation);
  void on_event(int fd, std::uint32_t events);
  void on_event(Connection& connection, std::uint32_t events);
  template <class Step>
  void proceed(int fd, Step step);
  void on_signal();
  bool is_listener(int fd) const noexcept;
  void listen(bool on);
  void accept_at(int listener);
  bool accept_one(int listener);
  void admit(UniqueFd socket, const sockaddr_storage& peer);
  void update(Connection& connection);
  void unwatch(int fd);
  int wait_for_events(std::span<epoll_event> events) const;
  bool is_batch_due() const noexcept;
  void answer_gathered();
  void answer_postponed();
  void drop(int fd);
  void begin_drain();
  void end();
  bool is_draining() const noexcept { return context_.draining; }
  void ring() const noexcept;
  void reopen_logs();
  void sweep();
  void check_deadline(Connection& connection);
  void count_end(ConnectionEnd reason) noexcept;
  void refuse_late(Connection& connection, const char* what);
  bool is_overdue(const Connection& connection) const;
  Clock::duration allowed(const Connection& connection) const;

  WorkerPlace place_;
  const ServeOptions& options_;
  UniqueFd epoll_;
  int log_epoch_;
  LogFiles files_;
  RequestLog log_;
  RequestHandler& handler_;
  HttpSession::Context context_;
  std::vector<std::unique_ptr<Connection>> connections_;  // by fd
  std::vector<std::uint32_t> watched_;                    // events, by fd; or not_watched
  std::size_t n_connections_ = 0;
  std::vector<char> buffer_;
  std::vector<int> gathered_;  ///< connections whose requests wait for others, in their order
  std::vector<int> answered_;
  std::vector<int> postponed_;  ///< connections that the handler will have an answer for
  Clock::time_point gathered_since_;
  Clock::time_point now_;
  Clock::time_point next_sweep_;
  Clock::duration tick_;
  Clock::time_point drain_begin_;
  Clock::time_point drain_end_;
  std::uint64_t most_requests_;
  bool is_listening_ = false;
  bool is_stopped_ = false;
};

}  // namespace thrum::serving
