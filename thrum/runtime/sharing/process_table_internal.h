#pragma once

#include <sys/types.h>

#include <array>
#include <cstdint>

namespace thrum {

/// A process, told apart from a later one with the same number.
struct ProcessIdentity {
  pid_t pid = 0;
  std::uint64_t start = 0;  ///< in clock ticks since the machine started

  bool operator==(const ProcessIdentity&) const = default;
};

/// This process; asked for anew after a fork.
ProcessIdentity this_process();
/// False also for a process that ended and for which nobody has waited yet.
bool is_alive(const ProcessIdentity& process);

/// How many of something each process holds. It lies in shared memory, and every call needs the lock of its owner. At
/// each moment it is such that a death needs no repair.
class ProcessTable {
 public:
  struct Place {
    ProcessIdentity process;  ///< pid 0: free
    std::int64_t count = 0;
  };

  /// This process's place, a new one if need be; null when all are taken by living processes.
  Place* find_or_take();
  /// This process's place; null when it has none.
  Place* find();
  /// What all hold together.
  std::int64_t sum() const noexcept;
  /// Takes everything from processes that have ended; the number of one that held something, else 0.
  pid_t release_dead();

 private:
  static constexpr std::uint32_t size = 512;

  Place* free_place();

  std::uint32_t used_ = 0;  ///< no place from here on was ever taken
  std::array<Place, size> places_;
};

}  // namespace thrum
