#include "thrum/runtime/sharing/event.h"

#include <atomic>
#include <cstdint>

#include "thrum/runtime/sharing/shared_state_internal.h"
#include "thrum/runtime/sharing/wait_word_internal.h"

namespace thrum {
namespace {

struct EventState {
  std::atomic<std::uint32_t> word = 0;  ///< twice the number of times that it was set, + 1 while it is
  WaitWord changed;

  static bool is_set(std::uint32_t word) { return (word & 1) != 0; }
};

EventState& state(const SharedMemory& memory) {
  return state_in<EventState>(memory);
}

}  // namespace

Event::Event() : memory_(share_state<EventState>("event", 0)) {}

Event Event::from_wire(WireReader& reader) {
  return Event(receive_state<EventState>(reader, "event"));
}

void Event::set() const {
  EventState& event = state(memory_);
  std::uint32_t word = event.word.load();
  while (!EventState::is_set(word) && !event.word.compare_exchange_weak(word, word + 3)) {
  }
  event.changed.notify_all();
}

void Event::clear() const {
  state(memory_).word.fetch_and(~1u);
}

bool Event::is_set() const noexcept {
  return EventState::is_set(state(memory_).word.load());
}

bool Event::wait(const Timeout& timeout) const {
  EventState& event = state(memory_);
  const std::uint32_t before = event.word.load();
  return event.changed.wait_until(Deadline(timeout), [&] {
    const std::uint32_t now = event.word.load();
    return EventState::is_set(now) || (now >> 1) != (before >> 1);
  });
}

}  // namespace thrum
