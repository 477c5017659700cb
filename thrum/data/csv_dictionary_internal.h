#pragma once

#include <cstddef>
#include <cstdint>
#include <forward_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace thrum::csv {

/// Numbers distinct texts in the order in which they come. Refers to the texts.
class Dictionary {
 public:
  struct Entry {
    std::string_view text;
    std::uint64_t hash;
    std::size_t offset;  ///< of the first occurrence in the source
  };

  std::int32_t code(std::string_view text, std::size_t offset) { return code_of({text, hash_of(text), offset}); }
  /// The same for a text that does not outlive the call.
  std::int32_t code_of_copy(std::string_view text, std::size_t offset);
  /// The same for an entry of another dictionary.
  std::int32_t code_of(const Entry& entry);

  std::span<const Entry> entries() const noexcept { return entries_; }

 private:
  static std::uint64_t hash_of(std::string_view text) noexcept;
  /// The slot that holds the code of the text, or the empty one where it belongs.
  std::size_t slot_of(const Entry& entry) const noexcept;
  void grow();

  std::vector<Entry> entries_;
  std::vector<std::int32_t> slots_ = std::vector<std::int32_t>(64, empty);  // a power of two, at most half full
  std::forward_list<std::string> copies_;

  static constexpr std::int32_t empty = -1;
};

/// The categories of a column, in the order of their bytes, and what became of each dictionary's codes.
struct MergedDictionary {
  std::vector<std::string> categories;
  std::vector<std::vector<std::int32_t>> codes;         ///< codes[d][old code] is the new one
  std::size_t first_not_utf8 = std::string_view::npos;  ///< the offset of a text that is not UTF-8; npos: all are
};

MergedDictionary merge_dictionaries(std::span<const Dictionary* const> dictionaries);

}  // namespace thrum::csv
