#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <forward_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace thrum::csv {

/// What a dictionary looks texts up by: the first and the last bytes of a text of up to 32, which are all of them, with
/// their number, or the hash of a longer one.
class Key {
 public:
  Key() = default;
  /// The bytes up to `end` can be read, `text` is among them.
  Key(std::string_view text, const char* end) noexcept
      : Key(text.size() <= longest && end - text.data() >= 16 ? ends_of(text) : any_text(text)) {}

  bool operator==(const Key& other) const noexcept {
    const std::uint64_t differences = (first_ ^ other.first_) | (second_ ^ other.second_) | (third_ ^ other.third_) |
                                      (fourth_ ^ other.fourth_) | (size_ ^ other.size_);
    return differences == 0;
  }
  /// Whether equal keys are enough to know that the texts are equal.
  bool is_whole_text() const noexcept { return size_ <= longest; }
  /// Each bit of the key counts for each of the result.
  std::uint64_t mixed() const noexcept {
    __extension__ using uint128 = unsigned __int128;
    const uint128 product = static_cast<uint128>(first_ ^ third_ * 3 ^ 0x9E3779B97F4A7C15u) *
                            (second_ ^ fourth_ * 5 ^ size_ ^ 0xD6E8FEB86659FD93u);
    return static_cast<std::uint64_t>(product >> 64) ^ static_cast<std::uint64_t>(product);
  }

 private:
  static constexpr std::uint64_t longest = 32;
  /// The size of a text that is longer.
  static constexpr std::uint64_t hashed = ~std::uint64_t{0};

  static Key any_text(std::string_view text) noexcept;
  static std::uint64_t load(const char* p) noexcept {
    std::uint64_t word;
    std::memcpy(&word, p, sizeof word);
    return word;
  }

  /// Loads 16 bytes and drops those behind the text, and the last 16 of a longer one: no branch depends on its length.
  static Key ends_of(std::string_view text) noexcept {
    static constexpr auto kept_and_dropped = [] {
      std::array<char, 32> bytes = {};
      std::fill_n(bytes.begin(), 16, static_cast<char>(0xFF));
      return bytes;
    }();
    const std::size_t n = text.size();
    const std::size_t behind = n > 16 ? n - 16 : 0;
    const std::uint64_t is_longer = behind == 0 ? 0 : ~std::uint64_t{0};
    const char* const begin = text.data();
    const char* const kept = kept_and_dropped.data() + 16 - (n - behind);
    Key key;
    key.first_ = load(begin) & load(kept);
    key.second_ = load(begin + 8) & load(kept + 8);
    key.third_ = load(begin + behind) & is_longer;
    key.fourth_ = load(begin + behind + 8) & is_longer;
    key.size_ = n;
    return key;
  }

  std::uint64_t first_ = 0;  ///< eight bytes each, or the hash
  std::uint64_t second_ = 0;
  std::uint64_t third_ = 0;
  std::uint64_t fourth_ = 0;
  std::uint64_t size_ = 0;
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
