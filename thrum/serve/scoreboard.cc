#include "thrum/serve/scoreboard_internal.h"

#include <algorithm>
#include <utility>

namespace thrum::serving {
namespace {

std::size_t bucket_of(std::uint64_t nanoseconds) noexcept {
  const double seconds = static_cast<double>(nanoseconds) * 1e-9;
  return static_cast<std::size_t>(std::ranges::lower_bound(latency_bounds, seconds) - latency_bounds.begin());
}

template <std::size_t n>
void add(std::array<std::uint64_t, n>& sums, const std::array<Count, n>& counts) noexcept {
  for (std::size_t i = 0; i < n; ++i) sums[i] += counts[i].get();
}

}  // namespace

void Scoreboard::Seat::count_response(int status, std::uint64_t nanoseconds, std::uint64_t bytes) noexcept {
  responses[static_cast<std::size_t>(std::clamp(status / 100, 1, 5) - 1)].add();
  latency[bucket_of(nanoseconds)].add();
  latency_ns.add(nanoseconds);
  body_bytes.add(bytes);
}

void Scoreboard::Seat::occupy(std::int64_t now_ns) noexcept {
  heartbeat_ns.store(now_ns, std::memory_order_relaxed);
  vacate();
}

void Scoreboard::Seat::vacate() noexcept {
  ready_pid.store(0, std::memory_order_relaxed);
  is_leaving.store(false, std::memory_order_relaxed);
  connections.reset();
  in_flight.reset();
}

Scoreboard::Scoreboard() : Scoreboard(create_shared("thrum-scoreboard", sizeof(Board))) {}

Scoreboard::Scoreboard(UniqueFd memory) : memory_(std::move(memory)), board_(memory_.get()) {}

Metrics Scoreboard::metrics() const noexcept {
  Metrics sums;
  std::uint64_t nanoseconds = 0;
  const int n_used = head().n_used_seats.load(std::memory_order_acquire);
  for (int i = 0; i < n_used; ++i) {
    const Seat& seat = this->seat(i);
    add(sums.ended, seat.ended);
    add(sums.responses, seat.responses);
    add(sums.latency, seat.latency);
    nanoseconds += seat.latency_ns.get();
    sums.body_bytes += seat.body_bytes.get();
    sums.request_bytes += seat.request_bytes.get();
    sums.workers += seat.ready_pid.load(std::memory_order_relaxed) != 0 ? 1 : 0;
    sums.connections += seat.connections.get();
    sums.in_flight += seat.in_flight.get();
  }
  sums.latency_seconds = static_cast<double>(nanoseconds) * 1e-9;
  add(sums.restarts, head().restarts);
  sums.reloads = head().reloads.get();
  sums.failed_reloads = head().failed_reloads.get();
  return sums;
}

}  // namespace thrum::serving
