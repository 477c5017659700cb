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
/// Enough for it to be worth fetching every tree into the cache.
inline constexpr std::size_t most_block_rows = 2048;
/// Trees that one row walks at once, and the rows that a block holds at least.
inline constexpr std::size_t lanes = 8;
/// Of values per row, so that the scratch holds `lanes` rows.
template <class Key>
inline constexpr std::size_t most_columns = scratch_bytes / sizeof(Key) / lanes;

/// The floating-point number that belongs to a key of its size.
template <class Key>
using NumberOf = std::conditional_t<sizeof(Key) == 4, float, double>;

/// A whole number that compares as the floating-point number does: comparing it costs less.
template <class Key>
Key order_key(NumberOf<Key> x) noexcept {
  constexpr Key sign = Key{1} << (8 * sizeof(Key) - 1);
  const Key bits = std::bit_cast<Key>(x + 0);  // -0 becomes 0
  return (bits & sign) != 0 ? ~bits : bits | sign;
}

/// A question or a leaf. Key: of 32 or 64 bits.
template <class Key>
struct DeepNode {
  /// What is above goes right: a threshold's key; of a category set its first word; of a leaf the row of its values,
  /// above the keys of all numbers.
  Key key;
  Key link;  ///< see Links

  static Key first_leaf() noexcept { return order_key<Key>(std::numeric_limits<NumberOf<Key>>::infinity()) + 1; }
  static std::size_t most_leaf_rows() noexcept { return std::size_t{std::numeric_limits<Key>::max() - first_leaf()}; }

  bool is_leaf() const noexcept { return key >= first_leaf(); }
  std::size_t leaf_row() const noexcept { return key - first_leaf(); }
};

/// What the key of a category set has beside its first word, where the set is a list.
inline constexpr std::uint32_t list_key = 1u << 30;

/// How the 32 bits of a link are shared out: where the left child is in its tree, the column that is asked for, and
/// whether by a category set. The right child is the next node. A leaf is its own left child.
class Links {
 public:
  explicit constexpr Links(std::size_t n_columns) noexcept
      : left_bits_(n_columns <= usual_columns ? usual_bits : 31 - static_cast<unsigned>(std::bit_width(n_columns))) {}

  static constexpr std::uint32_t category = 1u << 31;
  static constexpr unsigned usual_bits = 24;  ///< which walks know when they are compiled
  static constexpr std::size_t usual_columns = 127;

  constexpr bool are_usual() const noexcept { return left_bits_ == usual_bits; }
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

/// Links of at most usual_columns columns.
struct UsualLinks {
  static constexpr std::size_t left(std::uint32_t link) noexcept { return link & ((1u << Links::usual_bits) - 1); }
  static constexpr std::size_t column(std::uint32_t link) noexcept { return link >> Links::usual_bits; }
};

/// A feature as nodes that treat missing values alike compare it.
struct DeepColumn {
  std::uint32_t feature;
  std::uint32_t rule;          ///< see NodeRule
  std::uint32_t n_categories;  ///< 0: a number

  /// The key of the smallest number that is not below x, which is on the same side of every threshold (just below 0
  /// perhaps the key before that of 0, which no threshold has); of an infinity where it is missing. Or the code of a
  /// category, n_categories for those that are none.
  template <class Key>
  Key value(double x) const noexcept {
    using Number = NumberOf<Key>;
    constexpr Number infinity = std::numeric_limits<Number>::infinity();
    if (n_categories > 0) return x >= 0 && x < n_categories ? static_cast<Key>(x) : Key{n_categories};
    const NodeRule missing(rule);
    if (missing.is_missing(x)) return order_key<Key>(missing.missing_left() ? -infinity : infinity);
    const Number nearest = static_cast<Number>(x);
    return order_key<Key>(nearest) + (static_cast<double>(nearest) < x ? 1 : 0);  // the key of the number after it
  }
};

}  // namespace thrum::deep_trees
