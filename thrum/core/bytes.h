#pragma once

#include <bit>
#include <cstddef>
#include <cstring>
#include <span>
#include <string_view>
#include <type_traits>

namespace thrum {

static_assert(std::endian::native == std::endian::little, "Thrum's formats are little-endian and read in place");

using ByteSpan = std::span<const std::byte>;

inline ByteSpan bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

inline std::string_view text_of(ByteSpan bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// The T at the beginning of `bytes`, whatever its alignment. REQUIRES: bytes.size() >= sizeof(T).
template <class T>
  requires std::is_trivially_copyable_v<T>
T load(ByteSpan bytes) {
  T value;
  std::memcpy(&value, bytes.data(), sizeof value);
  return value;
}

}  // namespace thrum
