#include "thrum/serve/scoreboard_internal.h"

#include <fcntl.h>
#include <gtest/gtest.h>

namespace thrum::serving {
namespace {

/// What another process sees.
Scoreboard seen_from_elsewhere(const Scoreboard& board) {
  return Scoreboard(UniqueFd(fcntl(board.fd(), F_DUPFD_CLOEXEC, 0)));
}

TEST(Scoreboard, SumsTheSeatsOfAllWorkers) {
  const Scoreboard board;
  board.head().n_used_seats = 2;
  board.seat(0).count_response(200, 40000, 10);
  board.seat(1).count_response(204, 60000, 5);
  board.seat(1).count_response(503, 20000000000, 1);
  const Metrics metrics = seen_from_elsewhere(board).metrics();
  EXPECT_EQ(metrics.responses, (std::array<std::uint64_t, n_status_classes>{0, 2, 0, 0, 1}));
  EXPECT_EQ(metrics.latency.front(), 1u) << "at most 50 us";
  EXPECT_EQ(metrics.latency.at(1), 1u);
  EXPECT_EQ(metrics.latency.back(), 1u) << "above 10 s";
  EXPECT_DOUBLE_EQ(metrics.latency_seconds, 20.0001);
  EXPECT_EQ(metrics.body_bytes, 16u);
}

TEST(Scoreboard, ALatencyAtTheEndOfABucketIsInIt) {
  const Scoreboard board;
  board.head().n_used_seats = 1;
  board.seat(0).count_response(200, 1000000, 0);
  EXPECT_EQ(board.metrics().latency.at(4), 1u);
  EXPECT_EQ(latency_bounds.at(4), 0.001);
}

TEST(Scoreboard, TheNextWorkerOfASeatCountsOn) {
  const Scoreboard board;
  board.head().n_used_seats = 1;
  Scoreboard::Seat& seat = board.seat(0);
  seat.count_response(200, 1, 1);
  seat.connections.add(7);
  seat.in_flight.add();
  seat.ready_pid = 4711;
  seat.occupy(12);
  seat.count_response(200, 1, 1);
  const Metrics metrics = board.metrics();
  EXPECT_EQ(metrics.responses[1], 2u);
  EXPECT_EQ(metrics.connections + metrics.in_flight + metrics.workers, 0u) << "those of the dead worker are gone";
  EXPECT_EQ(seat.heartbeat_ns, 12);
}

}  // namespace
}  // namespace thrum::serving
