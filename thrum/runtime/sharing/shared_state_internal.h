#pragma once

#include <cstdint>
#include <new>
#include <string_view>
#include <utility>

#include "thrum/runtime/process/wire.h"
#include "thrum/runtime/sharing/shared_memory.h"

namespace thrum {

/// The State that lies in `memory`.
template <class State>
State& state_in(const SharedMemory& memory) noexcept {
  return *reinterpret_cast<State*>(memory.data());
}

/// Memory that holds a State, and `extra` bytes after it.
template <class State, class... Args>
SharedMemory share_state(std::string_view kind, std::size_t extra, Args&&... arguments) {
  static_assert(alignof(State) <= SharedMemory::alignment);
  SharedMemory memory({.kind = kind, .element_bytes = 1}, sizeof(State) + extra);
  new (memory.data()) State(std::forward<Args>(arguments)...);
  return memory;
}

/// Throws corrupt_data where something else comes.
template <class State>
SharedMemory receive_state(WireReader& reader, std::string_view kind) {
  SharedMemory memory;
  memory.wire(reader);
  if (!memory) wire_detail::throw_invalid("no shared state");
  memory.expect(kind, 1);
  if (memory.size() < sizeof(State)) wire_detail::throw_invalid("less than a shared state");
  return memory;
}

}  // namespace thrum
