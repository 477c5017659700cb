#include "thrum/serve/request_log_internal.h"

#include <unistd.h>

#include <atomic>
#include <string_view>

namespace thrum::serving {

RequestLog::RequestLog(Scoreboard::Seat& seat, RouteTable& routes, const RequestHandler& handler,
                       std::optional<std::string> format)
    : seat_(seat), routes_(routes), handler_(handler) {
  if (format) access_.emplace(*format);
}

void RequestLog::on_request() noexcept {
  ++n_requests_;
  seat_.in_flight.add();
}

void RequestLog::on_answer(const Answer& answer) {
  if (answer.request != nullptr) seat_.in_flight.subtract();
  if (answer.request != nullptr) seat_.request_bytes.add(answer.request->body.size());
  seat_.count_response(answer.response.status, static_cast<std::uint64_t>(answer.time.count()),
                       answer.response.body.size());
  count_route(answer);
  if (access_) access_->append(lines_, answer);
}

void RequestLog::count_route(const Answer& answer) {
  const std::string_view path = answer.request == nullptr ? "" : answer.request->path;
  if (entry_ == nullptr || path != path_ || answer.response.status != status_) {
    const std::string_view route = handler_.route_of(path);
    path_ = path;
    status_ = answer.response.status;
    entry_ = routes_.find_or_add(route.empty() ? "none" : route, std::to_string(status_));
  }
  if (entry_ != nullptr) entry_->requests.fetch_add(1, std::memory_order_relaxed);
}

void RequestLog::flush(int fd) {
  if (lines_.empty()) return;
  [[maybe_unused]] const ssize_t written = write(fd, lines_.data(), lines_.size());  // a full disk stops no server
  lines_.clear();
}

}  // namespace thrum::serving
