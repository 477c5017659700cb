#include "thrum/serve/notifier_internal.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <cstddef>
#include <cstdlib>
#include <cstring>

#include "thrum/core/printable.h"

namespace thrum::serving {

using std::chrono::microseconds;
using std::chrono::steady_clock;

Notifier::Notifier()
    : address_(take("NOTIFY_SOCKET")),
      socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)),
      allowed_(std::strtoll(take("WATCHDOG_USEC").c_str(), nullptr, 10)) {
  unsetenv("WATCHDOG_PID");
}

std::string Notifier::take(const char* variable) {
  const char* value = std::getenv(variable);
  if (value == nullptr) return "";
  environment_.emplace_back(variable, value);
  unsetenv(variable);
  return environment_.back().second;
}

void Notifier::ready(std::string_view status) const {
  send("READY=1\nSTATUS=" + printable(status, 1000));
}

void Notifier::reloading() const {
  const auto now = std::chrono::duration_cast<microseconds>(steady_clock::now().time_since_epoch());
  send("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(now.count()));
}

void Notifier::stopping() const {
  send("STOPPING=1");
}

void Notifier::hand_over(pid_t pid) const {
  send("MAINPID=" + std::to_string(pid));
}

void Notifier::beat() {
  const auto now = steady_clock::now();
  if (allowed_.count() <= 0 || now - last_beat_ < allowed_ / 2) return;
  last_beat_ = now;
  send("WATCHDOG=1");
}

void Notifier::send(std::string_view text) const noexcept {
  sockaddr_un address{};
  if (address_.empty() || address_.size() > sizeof address.sun_path) return;
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, address_.data(), address_.size());
  if (address_.front() == '@') address.sun_path[0] = '\0';
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address_.size());
  sendto(socket_.get(), text.data(), text.size(), MSG_NOSIGNAL, reinterpret_cast<const sockaddr*>(&address), size);
}

}  // namespace thrum::serving
