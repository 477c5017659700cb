#include "thrum/serve/request_log_internal.h"

#include <unistd.h>

namespace thrum::serving {

RequestLog::RequestLog(Scoreboard::Seat& seat, std::optional<std::string> format) : seat_(seat) {
  if (format) access_.emplace(*format);
}

void RequestLog::on_request() noexcept {
  ++n_requests_;
  seat_.in_flight.add();
}

void RequestLog::on_answer(const Answer& answer) noexcept {
  if (answer.request != nullptr) seat_.in_flight.subtract();
  seat_.count_response(answer.response.status, static_cast<std::uint64_t>(answer.time.count()),
                       answer.response.body.size());
  if (access_) access_->append(lines_, answer);
}

void RequestLog::flush(int fd) {
  if (lines_.empty()) return;
  [[maybe_unused]] const ssize_t written = write(fd, lines_.data(), lines_.size());  // a full disk stops no server
  lines_.clear();
}

}  // namespace thrum::serving
