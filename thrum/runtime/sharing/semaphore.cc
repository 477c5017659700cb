#include "thrum/runtime/sharing/semaphore.h"

#include <fmt/format.h>

#include <algorithm>

#include "thrum/core/error.h"
#include "thrum/runtime/sharing/process_table_internal.h"
#include "thrum/runtime/sharing/robust_mutex_internal.h"
#include "thrum/runtime/sharing/shared_state_internal.h"
#include "thrum/runtime/sharing/wait_word_internal.h"

namespace thrum {
namespace {

/// How many permits are free is not kept but follows, so that no death can leave it wrong.
struct SemaphoreState {
  SemaphoreState(std::int64_t permits, bool is_bounded) : total(permits), bounded(is_bounded) {}

  RobustMutex mutex;
  WaitWord changed;
  std::int64_t total;  ///< free or held
  bool bounded;
  ProcessTable holders;

  std::int64_t available() const { return total - holders.sum(); }
};

SemaphoreState& state(const SharedMemory& memory) {
  return state_in<SemaphoreState>(memory);
}

bool take(SemaphoreState& semaphore, bool look_for_dead) {
  const RobustLock lock(semaphore.mutex);
  if (semaphore.available() <= 0 && look_for_dead) semaphore.holders.release_dead();
  if (semaphore.available() <= 0) return false;
  ProcessTable::Place* place = semaphore.holders.find_or_take();
  if (place == nullptr) throw Error(ErrorCode::out_of_memory, "[semaphore] 512 processes hold permits, no more can");
  ++place->count;
  return true;
}

void give(SemaphoreState& semaphore, std::int64_t permits) {
  const RobustLock lock(semaphore.mutex);
  ProcessTable::Place* place = semaphore.holders.find();
  const std::int64_t held = place == nullptr ? 0 : place->count;
  if (semaphore.bounded && held < permits) {
    throw Error(ErrorCode::invalid_argument,
                fmt::format("[semaphore] expected at most {} permits to release, which this process holds, got {}",
                            held, permits));
  }
  const std::int64_t returned = std::min(held, permits);
  if (returned > 0) place->count -= returned;
  semaphore.total += permits - returned;
}

}  // namespace

Semaphore::Semaphore(std::int64_t permits, const Options& options) {
  if (permits < 0) {
    throw Error(ErrorCode::invalid_argument, fmt::format("[semaphore] expected 0 permits or more, got {}", permits));
  }
  memory_ = share_state<SemaphoreState>("semaphore", 0, permits, options.bounded);
}

Semaphore Semaphore::from_wire(WireReader& reader) {
  return Semaphore(receive_state<SemaphoreState>(reader, "semaphore"));
}

bool Semaphore::acquire(const Timeout& timeout) const {
  SemaphoreState& semaphore = state(memory_);
  int attempts = 0;
  // Looking for the dead reads /proc, which the first attempt of many need not do.
  return semaphore.changed.wait_until(Deadline(timeout), [&] { return take(semaphore, attempts++ > 0); });
}

void Semaphore::release(std::int64_t permits) const {
  if (permits < 1) {
    throw Error(ErrorCode::invalid_argument, fmt::format("[semaphore] expected 1 permit or more, got {}", permits));
  }
  SemaphoreState& semaphore = state(memory_);
  give(semaphore, permits);
  if (permits == 1) return semaphore.changed.notify_one();
  semaphore.changed.notify_all();
}

std::int64_t Semaphore::value() const {
  SemaphoreState& semaphore = state(memory_);
  const RobustLock lock(semaphore.mutex);
  return semaphore.available();
}

}  // namespace thrum
