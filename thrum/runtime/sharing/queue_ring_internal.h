#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "thrum/core/bytes.h"

namespace thrum {

/// How far a ring has been written, or read: the number of items and of 8-byte units, both modulo a power of two, in
/// one word, so that both change at once.
struct RingMark {
  static constexpr int position_bits = 40;
  static constexpr std::uint64_t position_mask = (std::uint64_t{1} << position_bits) - 1;
  static constexpr std::uint64_t most_items = (std::uint64_t{1} << (64 - position_bits - 1)) - 1;

  std::uint64_t word = 0;

  std::uint64_t position() const noexcept { return word & position_mask; }
  /// One item of `units` further.
  RingMark after(std::uint64_t units) const noexcept {
    const std::uint64_t count = (word >> position_bits) + 1;
    return {(count << position_bits) | ((position() + units) & position_mask)};
  }
  std::uint64_t items_since(RingMark earlier) const noexcept {
    return ((word >> position_bits) - (earlier.word >> position_bits)) & (~std::uint64_t{0} >> position_bits);
  }
  std::uint64_t units_since(RingMark earlier) const noexcept {
    return (position() - earlier.position()) & position_mask;
  }
};

/// Bytes that go round. Their number is a multiple of 8; so is the length of whatever is copied, rounded up.
class ByteRing {
 public:
  explicit ByteRing(std::span<std::byte> bytes) : bytes_(bytes) {}

  static std::uint64_t units(std::size_t bytes) noexcept { return (bytes + 7) / 8; }
  /// Returns the position behind.
  std::uint64_t write(std::uint64_t position, ByteSpan source) const noexcept {
    const std::size_t begin = position * 8 % bytes_.size();
    const std::size_t first = std::min(source.size(), bytes_.size() - begin);
    copy(bytes_.data() + begin, source.first(first));
    copy(bytes_.data(), source.subspan(first));
    return position + units(source.size());
  }
  std::uint64_t read(std::uint64_t position, std::span<std::byte> target) const noexcept {
    const std::size_t begin = position * 8 % bytes_.size();
    const std::size_t first = std::min(target.size(), bytes_.size() - begin);
    copy(target.data(), ByteSpan(bytes_).subspan(begin, first));
    copy(target.data() + first, ByteSpan(bytes_).first(target.size() - first));
    return position + units(target.size());
  }

 private:
  static void copy(std::byte* target, ByteSpan source) noexcept {
    if (!source.empty()) std::memcpy(target, source.data(), source.size());
  }

  std::span<std::byte> bytes_;
};

}  // namespace thrum
