#include "thrum/serve/request_log_internal.h"

namespace thrum::serving {

void RequestLog::on_request() noexcept {
  seat_.in_flight.add();
}

void RequestLog::on_answer(const Answer& answer) noexcept {
  if (answer.request != nullptr) seat_.in_flight.subtract();
  seat_.count_response(answer.response.status, static_cast<std::uint64_t>(answer.time.count()),
                       answer.response.body.size());
}

}  // namespace thrum::serving
