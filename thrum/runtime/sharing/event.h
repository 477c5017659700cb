#pragma once

#include "thrum/runtime/sharing/shared_memory.h"
#include "thrum/runtime/timeout.h"

namespace thrum {

/// A flag between processes on which any number of threads wait. It crosses by descriptor; a copy is a handle of the
/// same event. Thread-safe.
class Event {
 public:
  /// A new event, not set. Throws io.
  Event();

  void set() const;
  void clear() const;
  bool is_set() const noexcept;
  /// Waits until it is set, also when it is cleared at once. False when the time passes first.
  bool wait(const Timeout& timeout = {}) const;

  void wire(WireWriter& writer) const { memory_.wire(writer); }
  /// Throws corrupt_data where something else comes.
  static Event from_wire(WireReader& reader);

 private:
  explicit Event(SharedMemory memory) : memory_(std::move(memory)) {}

  SharedMemory memory_;
};

}  // namespace thrum
