#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "thrum/model/tree/tree.h"

namespace thrum {

// Sets of categories as Tree::category_bits has them.

inline std::uint32_t category_list_half(const std::uint64_t* list, std::size_t i) noexcept {
  return static_cast<std::uint32_t>(list[i / 2] >> i % 2 * 32);
}

constexpr std::size_t category_list_words(std::size_t n) noexcept {
  return n / 2 + 1;
}

inline bool category_list_holds(const std::uint64_t* list, std::size_t code) noexcept {
  std::size_t first = 1;
  for (std::size_t n = category_list_half(list, 0); n > 0;) {
    const std::size_t half = n / 2;
    const std::size_t middle = category_list_half(list, first + half);
    if (middle == code) return true;
    first += middle < code ? half + 1 : 0;
    n = middle < code ? n - half - 1 : half;
  }
  return false;
}

/// Whether the list that begins at word `begin` ends within `words`.
inline bool category_list_fits(std::span<const std::uint64_t> words, std::size_t begin) noexcept {
  return begin < words.size() &&
         category_list_words(category_list_half(words.data() + begin, 0)) <= words.size() - begin;
}

/// REQUIRES: a set, as a list or not, of more categories than `code`.
inline bool category_set_holds(const std::uint64_t* set, bool is_list, std::size_t code) noexcept {
  return is_list ? category_list_holds(set, code) : (set[code / 64] >> code % 64 & 1) != 0;
}

/// Whether a category goes left. REQUIRES: node.category_set >= 0, and its feature has the category.
inline bool category_goes_left(const TreeNode& node, const Tree& tree, std::size_t code) noexcept {
  return category_set_holds(tree.category_bits.data() + node.category_set, node.category_list, code);
}

/// Those that go left, ascending. REQUIRES: as above.
inline std::vector<std::uint32_t> category_codes(const TreeNode& node, const Tree& tree, std::size_t n_categories) {
  const std::uint64_t* set = tree.category_bits.data() + node.category_set;
  std::vector<std::uint32_t> codes;
  const std::size_t n_listed = node.category_list ? category_list_half(set, 0) : 0;
  for (std::size_t i = 1; i <= n_listed; ++i) codes.push_back(category_list_half(set, i));
  for (std::size_t code = 0; !node.category_list && code < n_categories; ++code) {
    if (category_set_holds(set, false, code)) codes.push_back(static_cast<std::uint32_t>(code));
  }
  return codes;
}

/// To words of zeros, as many as the set takes. codes: ascending.
inline void write_category_bits(std::span<const std::uint32_t> codes, std::uint64_t* bits) {
  for (const std::uint32_t code : codes) bits[code / 64] |= std::uint64_t{1} << code % 64;
}
inline void write_category_list(std::span<const std::uint32_t> codes, std::uint64_t* list) {
  list[0] = codes.size();
  for (std::size_t i = 0; i < codes.size(); ++i) list[(i + 1) / 2] |= std::uint64_t{codes[i]} << (i + 1) % 2 * 32;
}

/// Appends the set of `codes`, which ascend, of a feature that has n_categories. Returns whether it became a list, as
/// it does where bits take four times the words: they are looked at faster.
inline bool append_category_set(std::span<const std::uint32_t> codes, std::size_t n_categories,
                                std::vector<std::uint64_t>& words) {
  const std::size_t first = words.size();
  const std::size_t n_words = (n_categories + 63) / 64;
  const bool is_list = 4 * category_list_words(codes.size()) <= n_words;
  words.resize(first + (is_list ? category_list_words(codes.size()) : n_words));
  std::uint64_t* set = words.data() + first;
  is_list ? write_category_list(codes, set) : write_category_bits(codes, set);
  return is_list;
}

}  // namespace thrum
