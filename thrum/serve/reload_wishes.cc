#include <algorithm>
#include <span>
#include <unordered_set>

#include "thrum/serve/reload_wishes_internal.h"

namespace thrum::serving {
namespace {

void write(std::span<std::atomic<char>> place, std::atomic<std::size_t>& size, std::string_view text) noexcept {
  const std::size_t n = std::min(text.size(), place.size());
  for (std::size_t i = 0; i < n; ++i) place[i].store(text[i], std::memory_order_relaxed);
  size.store(n, std::memory_order_relaxed);
}

std::string read(std::span<const std::atomic<char>> place, const std::atomic<std::size_t>& size) {
  std::string text(std::min(size.load(std::memory_order_relaxed), place.size()), '\0');
  for (std::size_t i = 0; i < text.size(); ++i) text[i] = place[i].load(std::memory_order_relaxed);
  return text;
}

}  // namespace

ReloadWishes::Wish ReloadWishes::Slot::wish() const {
  return {read(name, name_size), is_load.load(std::memory_order_relaxed)};
}

/// The place of one that is settled may be taken.
bool ReloadWishes::claim(std::size_t slot) noexcept {
  for (State expected : {State::none, State::settled}) {
    if (states_[slot].compare_exchange_strong(expected, State::being_put, std::memory_order_acq_rel)) return true;
  }
  return false;
}

std::optional<std::uint64_t> ReloadWishes::add(const Wish& wish) noexcept {
  if (wish.model.size() > longest_name) return std::nullopt;
  const std::uint64_t number = n_.fetch_add(1, std::memory_order_relaxed) + 1;
  const std::size_t place = number % most_open;
  if (!claim(place)) return std::nullopt;
  Slot& slot = slots_[place];
  slot.number.store(number, std::memory_order_relaxed);
  slot.is_load.store(wish.is_load, std::memory_order_relaxed);
  write(slot.name, slot.name_size, wish.model);
  states_[place].store(State::open, std::memory_order_release);
  return number;
}

std::optional<std::string> ReloadWishes::outcome(std::uint64_t number) const {
  const std::size_t place = number % most_open;
  const Slot& slot = slots_[place];
  const State state = states_[place].load(std::memory_order_acquire);
  if (slot.number.load(std::memory_order_relaxed) != number) return "its outcome is not known any more";
  if (state != State::settled) return std::nullopt;
  return read(slot.failure, slot.failure_size);
}

std::vector<std::size_t> ReloadWishes::slots_in(State state) const {
  std::vector<std::size_t> slots;
  for (std::size_t i = 0; i < most_open; ++i) {
    if (states_[i].load(std::memory_order_acquire) == state) slots.push_back(i);
  }
  std::ranges::sort(slots, {}, [this](std::size_t i) { return slots_[i].number.load(std::memory_order_relaxed); });
  return slots;
}

bool ReloadWishes::begin(std::size_t most) {
  const std::vector<std::size_t> open = slots_in(State::open);
  if (open.empty()) return false;
  std::unordered_set<std::string> models;  // that something is done with
  for (const State state : {State::begun, State::done}) {
    for (const Wish& wish : all(state)) models.insert(wish.model);
  }
  std::size_t n = 0;
  for (const std::size_t slot : open) {
    if (n == most) break;
    if (!models.insert(slots_[slot].wish().model).second) continue;
    states_[slot].store(State::begun, std::memory_order_release);
    ++n;
  }
  return n > 0;
}

std::vector<ReloadWishes::Wish> ReloadWishes::all(State state) const {
  std::vector<Wish> wishes;
  for (const std::size_t slot : slots_in(state)) wishes.push_back(slots_[slot].wish());
  return wishes;
}

void ReloadWishes::move(State from, State to) noexcept {
  for (auto& state : states_) {
    State expected = from;
    state.compare_exchange_strong(expected, to, std::memory_order_acq_rel);
  }
}

void ReloadWishes::settle(State from, std::string_view failure) noexcept {
  for (std::size_t i = 0; i < most_open; ++i) {
    if (states_[i].load(std::memory_order_acquire) != from) continue;
    write(slots_[i].failure, slots_[i].failure_size, failure);
    states_[i].store(State::settled, std::memory_order_release);
  }
}

}  // namespace thrum::serving
