#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace thrum::serving {

/// 1xx, 2xx, … 5xx.
inline constexpr std::size_t n_status_classes = 5;

/// Where the buckets of the latency histogram end, in seconds; a last one has no end.
inline constexpr std::array latency_bounds = {0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025,
                                              0.05,    0.1,    0.25,    0.5,    1.0,   2.5,    5.0,   10.0};
inline constexpr std::size_t n_latency_buckets = latency_bounds.size() + 1;

/// Why a worker was replaced.
enum class RestartReason : std::uint8_t {
  exited,    ///< with a code, which no worker that serves should
  killed,    ///< by a signal
  timeout,   ///< by the watchdog
  recycled,  ///< after --max-requests
};
inline constexpr std::array<std::string_view, 4> restart_reasons = {"exited", "killed", "timeout", "recycled"};
inline constexpr std::size_t n_restart_reasons = restart_reasons.size();

/// Why the server ended a connection before its client wanted to.
enum class ConnectionEnd : std::uint8_t {
  limit,          ///< more than --worker-connections
  head_timeout,   ///< the head of a request did not come in time
  body_timeout,   ///< its body
  reply_timeout,  ///< the client did not read its reply
};
inline constexpr std::array<std::string_view, 4> connection_ends = {"limit", "head_timeout", "body_timeout",
                                                                    "reply_timeout"};
inline constexpr std::size_t n_connection_ends = connection_ends.size();

/// Sums over all workers, also those that are gone: nothing but the last three ever goes back. Of the requests that
/// were answered up to now all are in it.
struct Metrics {
  std::array<std::uint64_t, n_status_classes> responses = {};
  std::array<std::uint64_t, n_latency_buckets> latency = {};  ///< requests per bucket, not cumulative
  double latency_seconds = 0;                                 ///< their sum
  std::uint64_t body_bytes = 0;                               ///< of the replies
  std::uint64_t request_bytes = 0;                            ///< of the bodies of the requests
  std::array<std::uint64_t, n_connection_ends> ended = {};
  std::array<std::uint64_t, n_restart_reasons> restarts = {};
  std::uint64_t reloads = 0;
  std::uint64_t failed_reloads = 0;
  std::uint64_t workers = 0;      ///< that serve now
  std::uint64_t connections = 0;  ///< open now
  std::uint64_t in_flight = 0;    ///< requests in a handler now
};

}  // namespace thrum::serving
