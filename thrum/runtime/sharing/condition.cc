#include "thrum/runtime/sharing/condition.h"

#include <atomic>
#include <cstdint>

#include "thrum/core/error.h"
#include "thrum/runtime/sharing/shared_state_internal.h"
#include "thrum/runtime/sharing/wait_word_internal.h"

namespace thrum {
namespace {

// Not pthread_cond_t: its signaller can wait for ever for a waiter that was killed.
struct ConditionState {
  std::atomic<std::uint32_t> notifications = 0;
  WaitWord changed;
};

ConditionState& state(const SharedMemory& memory) {
  return state_in<ConditionState>(memory);
}

}  // namespace

Condition::Condition() : memory_(share_state<ConditionState>("condition", 0)) {}

Condition Condition::from_wire(WireReader& reader) {
  return Condition(receive_state<ConditionState>(reader, "condition"));
}

bool Condition::wait(const Lock& lock, const Timeout& timeout) const {
  ConditionState& condition = state(memory_);
  const Deadline deadline(timeout);
  const std::uint32_t before = condition.notifications.load();
  lock.unlock();
  const bool notified =
      condition.changed.wait_until(deadline, [&] { return condition.notifications.load() != before; });
  if (lock.acquire() == Acquired::after_death) {
    throw Error(ErrorCode::remote,
                "[condition] the process that held the lock ended; what it guards may be half written");
  }
  return notified;
}

void Condition::notify_one() const {
  ConditionState& condition = state(memory_);
  condition.notifications.fetch_add(1);
  condition.changed.notify_one();
}

void Condition::notify_all() const {
  ConditionState& condition = state(memory_);
  condition.notifications.fetch_add(1);
  condition.changed.notify_all();
}

}  // namespace thrum
