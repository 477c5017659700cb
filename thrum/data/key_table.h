#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace thrum {

/// Where the keys of (rows, features) stand: that of row i in feature j is column(j)[i * stride]. Refers to them.
template <class Key>
struct KeyView {
  const Key* first = nullptr;
  std::size_t step = 1;  ///< from a feature to the next
  std::size_t stride = 1;

  const Key* column(std::size_t j) const noexcept { return first + j * step; }
};

/// Whole numbers, one per row and feature, that are read in any order. Rows of few features lie side by side, in whole
/// cache lines; of many features, columns do.
template <class Key>
class KeyTable {
 public:
  KeyTable() = default;
  /// All zeros.
  KeyTable(std::size_t n_rows, std::size_t n_features) {
    const bool side_by_side = n_features <= most_side_by_side;
    view_.stride = side_by_side ? (n_features + keys_of_line - 1) / keys_of_line * keys_of_line : 1;
    view_.step = side_by_side ? 1 : n_rows;
    keys_.resize((side_by_side ? view_.stride : n_features) * n_rows + keys_of_line);
    const auto misplaced = reinterpret_cast<std::uintptr_t>(keys_.data()) / sizeof(Key) % keys_of_line;
    first_ = (keys_of_line - misplaced) % keys_of_line;
  }

  KeyView<Key> view() const noexcept { return {keys_.data() + first_, view_.step, view_.stride}; }
  Key* column(std::size_t j) noexcept { return keys_.data() + first_ + j * view_.step; }
  std::size_t stride() const noexcept { return view_.stride; }

 private:
  static constexpr std::size_t most_side_by_side = 64;
  static constexpr std::size_t keys_of_line = 64 / sizeof(Key);

  std::vector<Key> keys_;
  std::size_t first_ = 0;
  KeyView<Key> view_;  ///< but for `first`, which a copy would leave behind
};

}  // namespace thrum
