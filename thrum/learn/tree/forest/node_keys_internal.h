#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "thrum/data/key_table.h"
#include "thrum/learn/tree/forest/forest_rows_internal.h"
#include "thrum/learn/tree/forest/key_scan_internal.h"

namespace thrum::forest {

/// The keys of a node's rows in some features, side by side: taken out of the table for all of the features while a
/// row's cache line is at hand. One per task.
template <class Key>
class NodeKeys {
 public:
  static constexpr std::size_t most_features = 8;

  /// REQUIRES: at most most_features features.
  void read(const KeyView<Key>& table, std::span<const SampleRow> rows, std::span<const std::uint32_t> features);

  /// Of the i-th of the features that were read, with padding; valid until the next read.
  std::span<const Key> of(std::size_t i) const noexcept { return std::span(keys_).subspan(i * n_rows_, n_rows_); }

 private:
  std::size_t n_rows_ = 0;
  std::vector<Key> keys_;  ///< (n_features, n_rows)
};

extern template class NodeKeys<std::uint16_t>;
extern template class NodeKeys<std::uint32_t>;

}  // namespace thrum::forest
