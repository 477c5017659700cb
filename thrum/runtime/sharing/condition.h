#pragma once

#include <concepts>
#include <utility>

#include "thrum/runtime/sharing/lock.h"
#include "thrum/runtime/sharing/shared_memory.h"
#include "thrum/runtime/timeout.h"

namespace thrum {

/// Waiting, between processes, until something that a Lock guards becomes true. It crosses by descriptor; a copy is a
/// handle of the same condition. A waiter that is killed takes no notification from the others. Thread-safe.
class Condition {
 public:
  /// A new condition. Throws io.
  Condition();

  /// Releases the lock, waits for a notification, and acquires the lock again; false when the time passes first. It may
  /// return true without a notification: wait_for() looks. Throws remote, with the lock held, when the lock came from a
  /// holder that died; invalid_argument when this thread does not hold the lock.
  bool wait(const Lock& lock, const Timeout& timeout = {}) const;

  /// wait() until `predicate()`, which is called with the lock held; its value when the time passes.
  template <std::predicate Predicate>
  bool wait_for(const Lock& lock, Predicate&& predicate, const Timeout& timeout = {}) const;

  /// One waiter at least looks again, or all of them. The lock need not be held.
  void notify_one() const;
  void notify_all() const;

  void wire(WireWriter& writer) const { memory_.wire(writer); }
  /// Throws corrupt_data where something else comes.
  static Condition from_wire(WireReader& reader);

 private:
  explicit Condition(SharedMemory memory) : memory_(std::move(memory)) {}

  SharedMemory memory_;
};

template <std::predicate Predicate>
bool Condition::wait_for(const Lock& lock, Predicate&& predicate, const Timeout& timeout) const {
  const auto begin = std::chrono::steady_clock::now();
  while (!predicate()) {
    const Timeout left = timeout ? Timeout(*timeout - (std::chrono::steady_clock::now() - begin)) : timeout;
    if (!wait(lock, left)) return predicate();
  }
  return true;
}

}  // namespace thrum
