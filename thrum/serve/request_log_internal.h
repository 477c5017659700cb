#pragma once

#include "thrum/serve/request_observer.h"
#include "thrum/serve/scoreboard_internal.h"

namespace thrum::serving {

/// Counts the requests of a worker at its seat.
class RequestLog : public RequestObserver {
 public:
  /// `seat` must outlive it.
  explicit RequestLog(Scoreboard::Seat& seat) : seat_(seat) {}

  void on_request() noexcept override;
  void on_answer(const Answer& answer) noexcept override;

 private:
  Scoreboard::Seat& seat_;
};

}  // namespace thrum::serving
