#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "thrum/data/ranked_table.h"
#include "thrum/learn/tree/forest/forest_rows_internal.h"

namespace thrum::forest {

/// The ranks of a node's rows in some features, side by side: taken out of the table for all of the features while a
/// row's cache line is at hand. One per task.
class NodeRanks {
 public:
  static constexpr std::size_t most_features = 8;

  explicit NodeRanks(const RankedTable& table) : table_(table) {}

  /// REQUIRES: at most most_features features.
  void read(std::span<const SampleRow> rows, std::span<const std::uint32_t> features);

  /// Of the i-th of the features that were read; valid until the next read.
  std::span<const std::uint16_t> of(std::size_t i) const noexcept {
    return std::span(ranks_).subspan(i * n_rows_, n_rows_);
  }

 private:
  const RankedTable& table_;
  std::size_t n_rows_ = 0;
  std::vector<std::uint16_t> ranks_;  ///< (n_features, n_rows)
};

}  // namespace thrum::forest
