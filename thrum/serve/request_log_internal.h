#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "thrum/serve/access_log_internal.h"
#include "thrum/serve/request_handler.h"
#include "thrum/serve/request_observer.h"
#include "thrum/serve/scoreboard_internal.h"

namespace thrum::serving {

/// Counts the requests of a worker at its seat, and collects their lines for the access log.
class RequestLog : public RequestObserver {
 public:
  /// `seat`, `routes` and the handler must outlive it. `format`: of the lines, if there are to be any. Throws as
  /// AccessLog.
  RequestLog(Scoreboard::Seat& seat, RouteTable& routes, const RequestHandler& handler,
             std::optional<std::string> format);

  void on_request() noexcept override;
  void on_answer(const Answer& answer) override;

  std::uint64_t n_requests() const noexcept { return n_requests_; }
  /// Writes the lines that have come together, in one call.
  void flush(int fd);

 private:
  void count_route(const Answer& answer);

  Scoreboard::Seat& seat_;
  RouteTable& routes_;
  const RequestHandler& handler_;
  // What was counted last, for it mostly comes again.
  std::string path_;
  int status_ = 0;
  RouteTable::Entry* entry_ = nullptr;
  std::optional<AccessLog> access_;
  std::string lines_;
  std::uint64_t n_requests_ = 0;
};

}  // namespace thrum::serving
