#include <utility>

#include "thrum/cache/store.h"
#include "thrum/cache/store_state_internal.h"
#include "thrum/core/function_ref.h"

namespace thrum {

struct Store::Turn::Parts {
  Parts(std::shared_ptr<State> of, const Digest& what) : state(std::move(of)), key(what) {}
  ~Parts() {
    // In this order: threads share the descriptor, so that the next one's lock would end with ours.
    lock.reset();
    if (flight != nullptr) state->flights.land(key, flight, outcome);
  }
  Parts(const Parts&) = delete;
  Parts& operator=(const Parts&) = delete;

  /// Takes the key's turn and lock, after the flights of other threads: until one `ended(its outcome)` as wanted.
  void take(ByteLock::Clock::time_point deadline, FunctionRef<bool(const std::optional<Flights::Outcome>&)> ended) {
    for (;;) {
      const Flights::Place place = state->flights.join(key);
      if (place.first) {
        flight = place.flight;
        return lock_key(deadline);
      }
      if (ended(state->flights.wait(place.flight, deadline))) return;
    }
  }

  void lock_key(ByteLock::Clock::time_point deadline) {
    usage = state->usage_file();
    if (usage == nullptr) return;
    if (auto got = usage->lock_key(key, deadline)) lock.emplace(std::move(*got));
  }

  std::shared_ptr<State> state;
  Digest key;
  std::shared_ptr<Flights::Flight> flight;  ///< null: another thread's computation goes on, and nobody waits for ours
  std::shared_ptr<UsageFile> usage;         ///< what `lock` refers to
  std::optional<ByteLock> lock;             ///< none: another process computes and stores it
  Flights::Outcome outcome;
};

Store::Turn::Turn(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Store::Turn::Turn(Turn&&) noexcept = default;
Store::Turn::~Turn() = default;

bool Store::Turn::put(const NewEntry& entry) {
  if (parts_->lock) parts_->outcome.stored = parts_->state->put(parts_->key, entry);
  return parts_->outcome.stored;
}

void Store::Turn::fail(std::exception_ptr error) noexcept {
  parts_->outcome.error = std::move(error);
}

std::variant<StoredEntry, Store::Turn> Store::find_or_turn(const Digest& key, Accept accept) const {
  const auto hit = [this](StoredEntry entry) {
    state_->hits++;
    return entry;
  };
  if (auto entry = state_->look_up(key, accept)) return hit(std::move(*entry));
  const auto deadline = ByteLock::Clock::now() + state_->options.longest_wait;
  auto parts = std::make_unique<Turn::Parts>(state_, key);
  std::optional<StoredEntry> found;
  parts->take(deadline, [&](const std::optional<Flights::Outcome>& outcome) {
    if (outcome && outcome->error != nullptr) std::rethrow_exception(outcome->error);
    if (outcome && outcome->stored) found = state_->look_up(key, accept);
    return found || !outcome || !outcome->stored;
  });
  if (found) return hit(std::move(*found));
  if (parts->flight != nullptr) {
    // It may have come between the first look and the lock.
    if (auto entry = state_->look_up(key, accept)) {
      parts->outcome.stored = true;
      return hit(std::move(*entry));
    }
  }
  state_->misses++;
  return Turn(std::move(parts));
}

Store::Turn Store::turn(const Digest& key) const {
  const auto deadline = ByteLock::Clock::now() + state_->options.longest_wait;
  auto parts = std::make_unique<Turn::Parts>(state_, key);
  parts->take(deadline, [](const std::optional<Flights::Outcome>& outcome) { return !outcome; });
  return Turn(std::move(parts));
}

}  // namespace thrum
