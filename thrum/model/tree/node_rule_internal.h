#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>

#include "thrum/model/tree/category_set_internal.h"
#include "thrum/model/tree/tree.h"

namespace thrum {

/// What decides where a row goes beside threshold and categories, in three bits: the missing-value rule of a node, and
/// whether its categories are a list.
class NodeRule {
 public:
  constexpr explicit NodeRule(std::uint32_t bits) noexcept : bits_(bits) {}
  static constexpr NodeRule of(const TreeNode& node) noexcept {
    return NodeRule((node.missing_left ? 1u : 0u) | (node.zero_is_missing ? 2u : 0u) | (node.category_list ? 4u : 0u));
  }

  constexpr std::uint32_t bits() const noexcept { return bits_; }
  constexpr bool missing_left() const noexcept { return (bits_ & 1) != 0; }
  constexpr bool zero_is_missing() const noexcept { return (bits_ & 2) != 0; }
  constexpr bool category_list() const noexcept { return (bits_ & 4) != 0; }

  bool is_missing(double x) const noexcept {
    constexpr double largest_zero = 1e-35F;  // as LightGBM rounds it
    return std::isnan(x) || (zero_is_missing() && std::abs(x) <= largest_zero);
  }
  bool goes_left(double x, double threshold) const noexcept { return is_missing(x) ? missing_left() : x <= threshold; }
  bool goes_left(double code, const std::uint64_t* set, std::size_t n_categories) const noexcept {
    if (!(code >= 0 && code < static_cast<double>(n_categories))) return missing_left();
    return category_set_holds(set, category_list(), static_cast<std::size_t>(code));
  }

 private:
  std::uint32_t bits_;
};

}  // namespace thrum
