#pragma once

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "thrum/model/tree/node_rule_internal.h"

namespace thrum::deep_trees {

/// Of one block of rows, on the stack.
inline constexpr std::size_t scratch_bytes = 256 * 1024;
/// Rows that walk at once, enough to hide the latency of the second-level cache.
inline constexpr std::size_t lanes = 16;
/// Of values per row, so that the scratch holds `lanes` rows.
template <class T>
inline constexpr std::size_t most_columns = scratch_bytes / sizeof(T) / lanes;

/// A question or a leaf. T: float or double.
template <class T>
struct DeepNode {
  using Bits = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;

  /// What is above goes right; of a category set the bits are its first word; of a leaf it is a NaN, which nothing is
  /// above, with the row of its values.
  T threshold;
  Bits link;  ///< see Links

  static constexpr Bits nan = std::bit_cast<Bits>(std::numeric_limits<T>::quiet_NaN());
  static constexpr std::size_t most_leaf_rows = sizeof(T) == 4 ? 1u << 22 : 1u << 31;

  std::size_t word() const noexcept { return std::bit_cast<Bits>(threshold); }
  std::size_t leaf_row() const noexcept { return std::bit_cast<Bits>(threshold) & (most_leaf_rows - 1); }
  static T of_word(std::size_t word) noexcept { return std::bit_cast<T>(static_cast<Bits>(word)); }
  static T of_leaf_row(std::size_t row) noexcept { return std::bit_cast<T>(nan | static_cast<Bits>(row)); }
};

/// How the 32 bits of a link are shared out: where the left child is in its tree, the column that is asked for, and
/// whether by a category set. The right child is the next node. A leaf is its own left child.
class Links {
 public:
  explicit constexpr Links(std::size_t n_columns) noexcept
      : left_bits_(31 - static_cast<unsigned>(std::bit_width(n_columns))) {}

  static constexpr std::uint32_t category = 1u << 31;

  constexpr std::size_t most_nodes() const noexcept { return std::size_t{1} << left_bits_; }
  constexpr std::uint32_t link(std::size_t left, std::size_t column) const noexcept {
    return static_cast<std::uint32_t>(left | column << left_bits_);
  }
  constexpr std::size_t left(std::uint32_t link) const noexcept { return link & (most_nodes() - 1); }
  /// Of a link without the flag.
  constexpr std::size_t column(std::uint32_t link) const noexcept { return link >> left_bits_; }

 private:
  unsigned left_bits_;
};

/// A feature as nodes that treat missing values alike compare it.
struct DeepColumn {
  std::uint32_t feature;
  std::uint32_t rule;          ///< see NodeRule
  std::uint32_t n_categories;  ///< 0: a number

  /// The smallest T that is not below the number, which is on the same side of every threshold; an infinity where it is
  /// missing. Or the code of a category, n_categories for those that are none.
  template <class T>
  T value(double x) const noexcept {
    if (n_categories > 0) return static_cast<T>(x >= 0 && x < n_categories ? std::floor(x) : n_categories);
    const NodeRule missing(rule);
    if (missing.is_missing(x)) return (missing.missing_left() ? -1 : 1) * std::numeric_limits<T>::infinity();
    const T nearest = static_cast<T>(x);
    return static_cast<double>(nearest) < x ? std::nextafter(nearest, std::numeric_limits<T>::infinity()) : nearest;
  }
};

}  // namespace thrum::deep_trees
