#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace thrum::serving {

/// What all workers together have done with each model, and what the administrator wants of it, in memory that they
/// share: zero bytes are its initial state, and it outlives every worker and reload. Thread-safe.
class ModelTable {
 public:
  static constexpr std::size_t longest_name = 128;
  static constexpr std::size_t longest_version = 32;

  struct alignas(64) Entry {
    std::atomic<std::uint64_t> requests;    ///< that were predicted
    std::atomic<std::uint64_t> rows;        ///< in them
    std::atomic<std::uint64_t> executions;  ///< calls of the model, each with the rows of some requests
    std::atomic<std::uint64_t> refused;     ///< requests that the model could not take
    std::atomic<std::uint64_t> compute_ns;

    std::string_view name() const noexcept { return {name_.data(), name_size_}; }
    std::string_view version() const noexcept { return {version_.data(), version_size_}; }

    /// Of one execution.
    void count_prediction(std::size_t n_requests, std::size_t n_rows, std::uint64_t nanoseconds) noexcept;
    void count_refusal() noexcept { refused.fetch_add(1, std::memory_order_relaxed); }

   private:
    friend class ModelTable;

    bool is(std::string_view name, std::string_view version) const noexcept;

    std::atomic<std::uint32_t> state_;
    std::atomic<bool> is_unloaded_;  // of the entry without a version, which stands for all of them
    std::uint8_t name_size_;
    std::uint8_t version_size_;
    std::array<char, longest_name> name_;
    std::array<char, longest_version> version_;
  };

  /// REQUIRES: a version. The model's entry, for ever at the same place; nullptr where its name is too long or the
  /// table is full, and then it is not counted.
  Entry* find_or_add(std::string_view name, std::string_view version) noexcept;

  /// Whether the administrator wants no version of the model to be served.
  bool is_unloaded(std::string_view name) noexcept;
  void set_unloaded(std::string_view name, bool is_unloaded) noexcept;

  /// Calls `visit(entry)` for each.
  template <class Visitor>
  void for_each(Visitor visit) const {
    for (const Entry& entry : entries_) {
      if (entry.state_.load(std::memory_order_acquire) == named && entry.version_size_ > 0) visit(entry);
    }
  }

 private:
  static constexpr std::uint32_t free_ = 0, being_named = 1, named = 2;
  static constexpr std::size_t n_entries = 4096;

  bool claim(Entry& entry, std::string_view name, std::string_view version) noexcept;

  std::array<Entry, n_entries> entries_;
};

}  // namespace thrum::serving
