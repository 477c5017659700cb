#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <forward_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace thrum::csv {

/// What a dictionary looks texts up by: the bytes of a text of up to 15, with their number, or the hash of a longer
/// one.
class Key {
 public:
  Key() = default;
  /// The bytes up to `end` can be read, `text` is among them.
  Key(std::string_view text, const char* end) noexcept
      : Key(text.size() < 16 && end - text.data() >= 16 ? short_text(text) : any_text(text)) {}

  bool operator==(const Key&) const = default;
  /// Whether equal keys are enough to know that the texts are equal.
  bool is_whole_text() const noexcept { return high_ < long_mark; }
  /// Each bit of the key counts for each of the result.
  std::uint64_t mixed() const noexcept {
    __extension__ using uint128 = unsigned __int128;
    const uint128 product = static_cast<uint128>(low_ ^ 0x9E3779B97F4A7C15u) * (high_ ^ 0xD6E8FEB86659FD93u);
    return static_cast<std::uint64_t>(product >> 64) ^ static_cast<std::uint64_t>(product);
  }

 private:
  static constexpr std::uint64_t long_mark = std::uint64_t{0xFF} << 56;
  static constexpr std::uint64_t all = ~std::uint64_t{0};

  Key(std::uint64_t low, std::uint64_t high) noexcept : low_(low), high_(high) {}
  static Key any_text(std::string_view text) noexcept;

  /// Loads 16 bytes and drops those behind the text: no branch depends on its length.
  static Key short_text(std::string_view text) noexcept {
    const std::size_t n = text.size();
    const std::uint64_t low_mask = n < 8 ? (std::uint64_t{1} << 8 * n) - 1 : all;
    const std::uint64_t high_mask = n < 8 ? 0 : (std::uint64_t{1} << 8 * (n - 8)) - 1;
    std::uint64_t low;
    std::uint64_t high;
    std::memcpy(&low, text.data(), 8);
    std::memcpy(&high, text.data() + 8, 8);
    return {low & low_mask, (high & high_mask) | std::uint64_t{n} << 56};
  }

  std::uint64_t low_ = 0;
  std::uint64_t high_ = 0;  // the highest byte is the number of bytes, or 0xFF for a hash
};

/// Numbers distinct texts in the order in which they come. Refers to the texts.
class Dictionary {
 public:
  struct Entry {
    std::string_view text;
    std::size_t offset;  ///< of the first occurrence in the source
  };

  /// The number of `text`, which lies at `offset` of the source; the bytes up to `end` can be read.
  std::int32_t code(std::string_view text, const char* end, std::size_t offset) {
    const Key key(text, end);
    const Slot& slot = slots_[slot_of(key, text)];
    return slot.code != empty ? slot.code : add(key, {text, offset});
  }
  /// The same for a text that does not outlive the call.
  std::int32_t code_of_copy(std::string_view text, std::size_t offset);

  /// What is only needed to find texts goes: no more of them come.
  void close() noexcept { slots_ = std::vector<Slot>(); }

  std::span<const Entry> entries() const noexcept { return entries_; }

 private:
  static constexpr std::int32_t empty = -1;

  struct Slot {
    Key key;
    std::int32_t code = empty;
  };

  /// The slot that holds the text, or the empty one where it belongs.
  std::size_t slot_of(Key key, std::string_view text) const noexcept {
    for (std::size_t i = key.mixed() & mask_;; i = (i + 1) & mask_) {
      const Slot& slot = slots_[i];
      if (slot.code == empty) return i;
      if (slot.key != key) continue;
      if (key.is_whole_text() || entries_[static_cast<std::size_t>(slot.code)].text == text) return i;
    }
  }
  std::int32_t add(Key key, const Entry& entry);
  void grow();

  std::vector<Entry> entries_;
  std::vector<Slot> slots_ = std::vector<Slot>(32);  // a power of two, at most a quarter full
  std::size_t mask_ = 31;
  std::forward_list<std::string> copies_;
};

/// The categories of a column, in the order of their bytes, and what became of each dictionary's codes.
struct MergedDictionary {
  std::vector<std::string> categories;
  std::vector<std::vector<std::int32_t>> codes;         ///< codes[d][old code] is the new one
  std::size_t first_not_utf8 = std::string_view::npos;  ///< the offset of a text that is not UTF-8; npos: all are
};

MergedDictionary merge_dictionaries(std::span<const Dictionary* const> dictionaries);

}  // namespace thrum::csv
