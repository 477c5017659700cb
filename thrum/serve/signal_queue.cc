#include "thrum/serve/signal_queue_internal.h"

#include <sys/signalfd.h>
#include <unistd.h>

#include <cstring>

#include "thrum/runtime/system_error_internal.h"

namespace thrum::serving {

SignalQueue::SignalQueue(std::initializer_list<int> signals) {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : signals) sigaddset(&set, signal);
  sigprocmask(SIG_BLOCK, &set, &before_);
  fd_.reset(signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC));
  if (!fd_) throw_io("[serve] cannot read signals");
}

SignalQueue::~SignalQueue() {
  sigprocmask(SIG_SETMASK, &before_, nullptr);
}

std::optional<int> SignalQueue::next() {
  signalfd_siginfo info;
  if (read(fd_.get(), &info, sizeof info) != sizeof info) return std::nullopt;
  return static_cast<int>(info.ssi_signo);
}

const char* signal_name(int signal) noexcept {
  const char* name = sigabbrev_np(signal);
  return name == nullptr ? "?" : name;
}

}  // namespace thrum::serving
