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

/// What a dictionary looks texts up by: a text of up to 7 bytes with its length, or the hash of a longer one.
class Key {
 public:
  explicit Key(std::string_view text) noexcept : value_(text.size() < 8 ? short_text(text) : hash(text) | long_mark) {}

  bool operator==(const Key&) const = default;
  /// Whether equal keys are enough to know that the texts are equal.
  bool is_whole_text() const noexcept { return value_ < long_mark; }
  /// Well mixed in the upper bits.
  std::uint64_t mixed() const noexcept { return value_ * 0x9E3779B97F4A7C15u; }

 private:
  static constexpr std::uint64_t long_mark = std::uint64_t{0xFF} << 56;

  static std::uint64_t hash(std::string_view text) noexcept;

  /// The bytes from the lowest on, then the length in the highest one. Overlapping loads spare a loop.
  static std::uint64_t short_text(std::string_view text) noexcept {
    const std::size_t n = text.size();
    if (n == 0) return 0;
    const auto byte = [&](std::size_t i) { return std::uint64_t{static_cast<unsigned char>(text[i])} << (8 * i); };
    const std::uint64_t length = std::uint64_t{n} << 56;
    if (n < 4) return length | byte(0) | byte(n / 2) | byte(n - 1);
    std::uint32_t low;
    std::uint32_t high;
    std::memcpy(&low, text.data(), 4);
    std::memcpy(&high, text.data() + n - 4, 4);
    return length | low | std::uint64_t{high} << (8 * (n - 4));
  }

  std::uint64_t value_;
};

/// Numbers distinct texts in the order in which they come. Refers to the texts.
class Dictionary {
 public:
  struct Entry {
    std::string_view text;
    std::size_t offset;  ///< of the first occurrence in the source
  };

  /// The number of `text`, which lies at `offset` of the source.
  std::int32_t code(std::string_view text, std::size_t offset) {
    const Key key(text);
    const Slot& slot = slots_[slot_of(key, text)];
    return slot.code != empty ? slot.code : add(key, {text, offset});
  }
  /// The same for a text that does not outlive the call.
  std::int32_t code_of_copy(std::string_view text, std::size_t offset);

  std::span<const Entry> entries() const noexcept { return entries_; }

 private:
  static constexpr std::int32_t empty = -1;

  struct Slot {
    Key key = Key("");
    std::int32_t code = empty;
  };

  /// The slot that holds the text, or the empty one where it belongs.
  std::size_t slot_of(Key key, std::string_view text) const noexcept {
    const std::size_t mask = slots_.size() - 1;
    for (std::size_t i = key.mixed() >> 32 & mask;; i = (i + 1) & mask) {
      const Slot& slot = slots_[i];
      if (slot.code == empty) return i;
      if (slot.key != key) continue;
      if (key.is_whole_text() || entries_[static_cast<std::size_t>(slot.code)].text == text) return i;
    }
  }
  std::int32_t add(Key key, const Entry& entry);
  void grow();

  std::vector<Entry> entries_;
  std::vector<Slot> slots_ = std::vector<Slot>(32);  // a power of two, at most half full
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
