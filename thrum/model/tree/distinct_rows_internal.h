#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace thrum {

/// Rows of numbers, of which each is kept once: the leaves of a forest repeat few distributions many times.
class DistinctRows {
 public:
  /// REQUIRES: width > 0.
  explicit DistinctRows(std::size_t width) : width_(width) {}

  /// Which one it is, by its bits: the next where it is new. REQUIRES: row.size() is the width; fewer than 2^32 rows.
  std::size_t index_of(std::span<const double> row);
  /// The same, but when nearly all of many rows have been new, further ones are taken for new without a look: looking
  /// for what is not there takes longest. REQUIRES: as above, and index_of() is not called as well.
  std::size_t index_of_frequent(std::span<const double> row);

  std::size_t size() const noexcept { return values_.size() / width_; }
  /// (size(), width)
  const std::vector<double>& values() const noexcept { return values_; }
  std::span<const double> row(std::size_t i) const noexcept { return std::span(values_).subspan(i * width_, width_); }

 private:
  std::uint32_t& slot_of(std::span<const double> row);
  void grow();

  std::size_t width_;
  std::size_t n_asked_ = 0;  // of index_of_frequent
  std::vector<double> values_;
  std::vector<std::uint32_t> slots_;  // a row's index + 1, at or behind the place of its hash; 0: free
};

}  // namespace thrum
