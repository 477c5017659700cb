#pragma once

#include <signal.h>

#include <initializer_list>
#include <optional>

#include "thrum/runtime/unique_fd.h"

namespace thrum::serving {

/// Signals that are not delivered to this thread any more, but read. Another before its end would lose them.
class SignalQueue {
 public:
  /// Throws io.
  SignalQueue(std::initializer_list<int> signals);
  /// They are delivered again.
  ~SignalQueue();
  SignalQueue(const SignalQueue&) = delete;
  SignalQueue& operator=(const SignalQueue&) = delete;

  /// Becomes readable when one is there.
  int fd() const noexcept { return fd_.get(); }
  /// The next one; none where there is none now.
  std::optional<int> next();

 private:
  sigset_t before_;
  UniqueFd fd_;
};

/// "TERM", "KILL", …
const char* signal_name(int signal) noexcept;

}  // namespace thrum::serving
