#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "thrum/data/key_table.h"
#include "thrum/learn/tree/forest/forest_rows_internal.h"

namespace thrum::forest {

/// A copy of some rows of a table, and of what is learned from them, that stays in the caches while a subtree grows on
/// it. One per task.
template <class Key>
class NearRows {
 public:
  static constexpr std::size_t most_rows = 4096;

  /// data: of the table, which criteria take the classes and units of.
  explicit NearRows(const ForestRows& data) {
    data_.n_classes = data.n_classes;
    data_.weight_unit = data.weight_unit;
    data_.moment_unit = data.moment_unit;
  }

  /// Whether it is worth its while: rows whose cache lines have to come near anyway.
  static bool pays(const KeyView<Key>& table) noexcept { return table.stride > 1; }

  /// Copies `rows`, and lets them say where their copies are.
  void take(const KeyView<Key>& table, std::size_t n_features, const ForestRows& data, std::span<SampleRow> rows);

  const KeyView<Key>& keys() const noexcept { return view_; }
  const ForestRows& data() const noexcept { return data_; }

 private:
  static void gather(const std::vector<double>& from, std::span<const SampleRow> rows, std::vector<double>& to) {
    to.clear();
    if (from.empty()) return;
    for (const SampleRow& row : rows) to.push_back(from[row.row]);
  }

  std::vector<Key> keys_;  ///< column by column
  KeyView<Key> view_;
  ForestRows data_;
};

template <class Key>
void NearRows<Key>::take(const KeyView<Key>& table, std::size_t n_features, const ForestRows& data,
                         std::span<SampleRow> rows) {
  constexpr std::size_t some = 128;
  const std::size_t n = rows.size();
  keys_.resize(std::max(keys_.size(), n * n_features));
  view_ = {.first = keys_.data(), .step = n, .stride = 1};
  for (std::size_t begin = 0; begin < n; begin += some) {
    const std::size_t end = std::min(n, begin + some);
    for (std::size_t j = 0; j < n_features; ++j) {
      const Key* column = table.column(j);
      Key* to = keys_.data() + j * n;
      for (std::size_t i = begin; i < end; ++i) to[i] = column[rows[i].row * table.stride];
    }
  }
  gather(data.y, rows, data_.y);
  gather(data.weights, rows, data_.weights);
  gather(data.moments, rows, data_.moments);
  for (std::size_t i = 0; i < n; ++i) rows[i].row = static_cast<std::uint32_t>(i);
}

}  // namespace thrum::forest
