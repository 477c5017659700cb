#include "thrum/runtime/interrupt.h"

#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>

#include "thrum/core/assert.h"
#include "thrum/runtime/system_error_internal.h"

namespace thrum {
namespace {

constexpr int signals[] = {SIGINT, SIGTERM};

std::atomic<bool> exists = false;
std::atomic<int> came = 0;
std::atomic<int> wake_fd = -1;  // never closed: a handler may still run when an Interrupt ends
struct sigaction before[2];

void wake() noexcept {
  const std::uint64_t one = 1;
  // Cannot fail: the counter of an eventfd holds 2^64 - 2 wakes.
  [[maybe_unused]] const ssize_t written = ::write(wake_fd, &one, sizeof one);
}

/// Does only what may be done in a signal handler.
void handle(int signal) {
  const int saved = errno;
  for (const int s : signals) ::signal(s, SIG_DFL);
  came = signal;
  wake();
  errno = saved;
}

void wait_for_wake() {
  std::uint64_t count = 0;
  while (::read(wake_fd, &count, sizeof count) < 0 && errno == EINTR) {
  }
}

void install() {
  struct sigaction action{};
  action.sa_handler = handle;
  action.sa_flags = SA_RESTART;
  ::sigfillset(&action.sa_mask);
  for (int i = 0; i < 2; ++i) {
    ::sigaction(signals[i], nullptr, &before[i]);
    if (before[i].sa_handler != SIG_IGN) ::sigaction(signals[i], &action, nullptr);
  }
}

}  // namespace

Interrupt::Interrupt() {
  THRUM_ASSERT(!exists.exchange(true));
  if (wake_fd < 0) wake_fd = ::eventfd(0, EFD_CLOEXEC);
  if (wake_fd < 0) {
    exists = false;
    throw_io("[interrupt] cannot wait for signals");
  }
  came = 0;
  watcher_ = std::jthread([this] {
    wait_for_wake();
    if (came != 0) source_.request_stop();
  });
  install();
}

Interrupt::~Interrupt() {
  for (int i = 0; i < 2; ++i) ::sigaction(signals[i], &before[i], nullptr);
  wake();
  watcher_.join();
  exists = false;
}

int Interrupt::signal() const noexcept {
  return came;
}

}  // namespace thrum
