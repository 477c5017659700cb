#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>
#include <thread>

namespace thrum::serving {

/// What all workers count together, under two short names each, in memory that they share: zero bytes are its initial
/// state, and it outlives every worker and reload. Thread-safe.
template <class Counts, std::size_t n_entries>
class SharedTable {
 public:
  static constexpr std::size_t longest_name = 128;
  static constexpr std::size_t longest_second = 32;

  class alignas(64) Entry : public Counts {
   public:
    std::string_view name() const noexcept { return {name_.data(), name_size_}; }
    std::string_view second() const noexcept { return {second_.data(), second_size_}; }

   private:
    friend class SharedTable;

    bool is(std::string_view name, std::string_view second) const noexcept {
      for (int turn = 0; state_.load(std::memory_order_acquire) == being_named && turn < patience; ++turn) {
        std::this_thread::yield();
      }
      return is_named() && this->name() == name && this->second() == second;
    }
    bool is_named() const noexcept { return state_.load(std::memory_order_acquire) == named; }

    bool claim(std::string_view name, std::string_view second) noexcept {
      std::uint32_t expected = free;
      if (!state_.compare_exchange_strong(expected, being_named, std::memory_order_acquire)) return false;
      std::ranges::copy(name, name_.begin());
      std::ranges::copy(second, second_.begin());
      name_size_ = static_cast<std::uint8_t>(name.size());
      second_size_ = static_cast<std::uint8_t>(second.size());
      state_.store(named, std::memory_order_release);
      return true;
    }

    std::atomic<std::uint32_t> state_;
    std::uint8_t name_size_;
    std::uint8_t second_size_;
    std::array<char, longest_name> name_;
    std::array<char, longest_second> second_;
  };

  /// The entry of these names, for ever at the same place; nullptr where one is too long or the table is full.
  Entry* find_or_add(std::string_view name, std::string_view second) noexcept {
    if (name.size() > longest_name || second.size() > longest_second) return nullptr;
    const std::hash<std::string_view> hash;
    const std::size_t begin = hash(name) * 31 + hash(second);
    for (std::size_t i = 0; i < n_entries; ++i) {
      Entry& entry = entries_[(begin + i) % n_entries];
      if (entry.claim(name, second) || entry.is(name, second)) return &entry;
    }
    return nullptr;
  }

  /// Calls `visit(entry)` for each.
  template <class Visitor>
  void for_each(Visitor visit) const {
    for (const Entry& entry : entries_) {
      if (entry.is_named()) visit(entry);
    }
  }

 private:
  static constexpr std::uint32_t free = 0, being_named = 1, named = 2;
  static constexpr int patience = 1000;  // turns to wait for who names an entry, and may have been killed

  std::array<Entry, n_entries> entries_;
};

}  // namespace thrum::serving
