#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>

namespace thrum::deep_trees {

/// A question or a leaf. T: float or double.
template <class T>
struct DeepNode {
  using Bits = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;

  /// The threshold; of a category set the bits are its first word; of a leaf it is a NaN, of which nothing is on the
  /// right, with the row of its values.
  T threshold;
  Bits link;  ///< see Links

  static constexpr Bits nan = std::bit_cast<Bits>(std::numeric_limits<T>::quiet_NaN());
  static constexpr std::size_t most_leaf_rows = sizeof(T) == 4 ? 1u << 22 : 1u << 31;

  std::size_t word() const noexcept { return std::bit_cast<Bits>(threshold); }
  std::size_t leaf_row() const noexcept { return std::bit_cast<Bits>(threshold) & (most_leaf_rows - 1); }
  static T of_word(std::size_t word) noexcept { return std::bit_cast<T>(static_cast<Bits>(word)); }
  static T of_leaf_row(std::size_t row) noexcept { return std::bit_cast<T>(nan | static_cast<Bits>(row)); }
};

/// How the 32 bits of a link are shared out: where the left child is in its tree, the feature, two flags. The right
/// child is the next node. A leaf is its own left child.
class Links {
 public:
  explicit constexpr Links(std::size_t n_features) noexcept
      : left_bits_(30 - std::min(30u, static_cast<unsigned>(std::bit_width(n_features - 1)))) {}

  static constexpr std::uint32_t category = 1u << 31;
  static constexpr std::uint32_t missing_left = 1u << 30;

  constexpr std::size_t most_nodes() const noexcept { return std::size_t{1} << left_bits_; }
  constexpr std::uint32_t link(std::size_t left, std::size_t feature, std::uint32_t flags) const noexcept {
    return static_cast<std::uint32_t>(left | feature << left_bits_) | flags;
  }
  constexpr std::size_t left(std::uint32_t link) const noexcept { return link & (most_nodes() - 1); }
  constexpr std::size_t feature(std::uint32_t link) const noexcept { return (link & 0x3fffffff) >> left_bits_; }

 private:
  unsigned left_bits_;
};

}  // namespace thrum::deep_trees
