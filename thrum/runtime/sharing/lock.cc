#include "thrum/runtime/sharing/lock.h"

#include "thrum/core/error.h"
#include "thrum/runtime/sharing/robust_mutex_internal.h"
#include "thrum/runtime/sharing/shared_state_internal.h"

namespace thrum {
namespace {

constexpr const char* kind(bool recursive) {
  return recursive ? "rlock" : "lock";
}

RobustMutex& mutex_in(const SharedMemory& memory) {
  return state_in<RobustMutex>(memory);
}

/// The kernel keeps a list of what each thread holds, so held memory must stay mapped.
Acquired pinned(Acquired acquired, const SharedMemory& memory) {
  if (acquired != Acquired::no) memory.pin();
  return acquired;
}

[[noreturn]] void throw_after_death() {
  throw Error(ErrorCode::remote, "[lock] the process that held the lock ended; what it guards may be half written",
              "acquire() tells of it and keeps the lock");
}

}  // namespace

template <bool recursive>
BasicLock<recursive>::BasicLock()
    : memory_(share_state<RobustMutex>(kind(recursive), 0,
                                       recursive ? RobustMutex::Kind::recursive : RobustMutex::Kind::simple)) {}

template <bool recursive>
BasicLock<recursive> BasicLock<recursive>::from_wire(WireReader& reader) {
  return BasicLock(receive_state<RobustMutex>(reader, kind(recursive)));
}

template <bool recursive>
Acquired BasicLock<recursive>::acquire(const Timeout& timeout) const {
  return pinned(mutex_in(memory_).lock(Deadline(timeout)), memory_);
}

template <bool recursive>
void BasicLock<recursive>::lock() const {
  if (acquire() == Acquired::yes) return;
  unlock();
  throw_after_death();
}

template <bool recursive>
bool BasicLock<recursive>::try_lock() const {
  const Acquired acquired = pinned(mutex_in(memory_).try_lock(), memory_);
  if (acquired == Acquired::after_death) {
    unlock();
    throw_after_death();
  }
  return acquired != Acquired::no;
}

template <bool recursive>
void BasicLock<recursive>::unlock() const {
  if (!mutex_in(memory_).unlock()) {
    throw Error(ErrorCode::invalid_argument, "[lock] expected a lock that this thread holds, it does not hold it");
  }
  memory_.unpin();
}

template class BasicLock<false>;
template class BasicLock<true>;

}  // namespace thrum
