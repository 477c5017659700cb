#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace thrum::serving {

/// What an administrator wants of a running server: that it reads again what it serves. Workers put wishes, each with a
/// number; the supervisor tells what came of them. In memory that they share: zero bytes are its initial state.
/// Thread-safe.
class ReloadWishes {
 public:
  /// A worker's: its number, 1 for the first.
  std::uint64_t add() noexcept { return n_.fetch_add(1, std::memory_order_acq_rel) + 1; }
  /// What came of it: "" where it was fulfilled, else why not; none while it is open.
  std::optional<std::string> outcome(std::uint64_t wish) const;

  /// The supervisor's: the number of the latest.
  std::uint64_t latest() const noexcept { return n_.load(std::memory_order_acquire); }
  /// Those up to `wish` are over, for this reason; "": they are fulfilled.
  void settle(std::uint64_t wish, std::string_view failure) noexcept;

 private:
  static constexpr std::size_t longest = 1024;

  std::atomic<std::uint64_t> n_;
  std::atomic<std::uint64_t> n_settled_;
  std::atomic<std::size_t> size_;  // of the latest failure; 0: none
  std::array<std::atomic<char>, longest> failure_;
};

}  // namespace thrum::serving
