#pragma once

#include <sys/types.h>

#include <array>
#include <atomic>
#include <cstdint>

#include "thrum/runtime/process/shared_mapping_internal.h"
#include "thrum/runtime/unique_fd.h"
#include "thrum/serve/metrics_internal.h"
#include "thrum/serve/model_table_internal.h"
#include "thrum/serve/reload_wishes_internal.h"
#include "thrum/serve/route_table_internal.h"

namespace thrum::serving {

/// A count of which one process at a time is the only writer: cheaper than an atomic addition, and as exact.
class Count {
 public:
  void add(std::uint64_t n = 1) noexcept { value_.store(get() + n, std::memory_order_relaxed); }
  void subtract(std::uint64_t n = 1) noexcept { value_.store(get() - n, std::memory_order_relaxed); }
  void reset() noexcept { value_.store(0, std::memory_order_relaxed); }
  std::uint64_t get() const noexcept { return value_.load(std::memory_order_relaxed); }

 private:
  static_assert(std::atomic<std::uint64_t>::is_always_lock_free, "atomics in shared memory must need no lock");
  std::atomic<std::uint64_t> value_;  // zero bytes are its initial state
};

/// What supervisor and workers tell each other, in memory that they share. Each worker has a seat of its own, and the
/// next one in it counts on from there: nothing that was counted is lost with a worker. Thread-safe.
class Scoreboard {
 public:
  struct alignas(64) Seat {
    std::atomic<std::int64_t> heartbeat_ns;      ///< of the monotonic clock
    std::atomic<std::int64_t> ready_pid;         ///< the worker that serves; 0 before
    std::atomic<bool> is_leaving;                ///< it accepts no more: another may take its place
    Count connections;                           ///< open now
    Count in_flight;                             ///< requests in the handler now
    std::array<Count, n_connection_ends> ended;  ///< connections, by us
    std::array<Count, n_status_classes> responses;
    std::array<Count, n_latency_buckets> latency;
    Count latency_ns;
    Count body_bytes;     ///< of the replies
    Count request_bytes;  ///< of the bodies of the requests

    /// A request was answered.
    void count_response(int status, std::uint64_t nanoseconds, std::uint64_t bytes) noexcept;
    /// A new worker takes it.
    void occupy(std::int64_t now_ns) noexcept;
    /// Its worker has ended.
    void vacate() noexcept;
  };

  /// The supervisor's own part.
  struct Head {
    std::atomic<bool> is_stopping;  ///< the whole server, not one worker only, and nobody takes its sockets over
    std::atomic<int> n_used_seats;  ///< the others have never had a worker
    std::atomic<int> log_epoch;     ///< changes when log files are to be opened again
    std::array<Count, n_restart_reasons> restarts;
    ReloadWishes wishes;  ///< of the administrator
    Count reloads;
    Count failed_reloads;
    std::atomic<std::int64_t> loaded_at;  ///< when the models and settings of now were read, in seconds since 1970
  };

  static constexpr int n_seats = 2560;

  /// A new one. Throws io.
  Scoreboard();
  /// The one behind `memory` (the fd of another). Throws io.
  explicit Scoreboard(UniqueFd memory);

  int fd() const noexcept { return memory_.get(); }
  Head& head() const noexcept { return board_->head; }
  /// REQUIRES: 0 <= index < n_seats.
  Seat& seat(int index) const noexcept { return board_->seats[static_cast<std::size_t>(index)]; }
  ModelTable& models() const noexcept { return board_->models; }
  RouteTable& routes() const noexcept { return board_->routes; }
  /// The sums of now.
  Metrics metrics() const noexcept;

 private:
  struct Board {
    Head head;
    std::array<Seat, n_seats> seats;
    ModelTable models;
    RouteTable routes;
  };

  UniqueFd memory_;
  SharedMapping<Board> board_;
};

}  // namespace thrum::serving
