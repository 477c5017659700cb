#pragma once

#include <cstddef>
#include <cstring>
#include <type_traits>
#include <utility>
#include <vector>

#include "thrum/cache/mapped_array.h"
#include "thrum/cache/stored_bytes.h"
#include "thrum/core/bytes.h"
#include "thrum/runtime/process/wire.h"

namespace thrum {

namespace cache_detail {

template <class T>
inline constexpr bool is_number_vector = false;
template <class T>
inline constexpr bool is_number_vector<std::vector<T>> = std::is_arithmetic_v<T> && !std::is_same_v<T, bool>;
template <class T>
inline constexpr bool is_mapped_array = wire_detail::is_specialisation<T, MappedArray>;

/// Stored as its elements and nothing else, so that it can be mapped.
template <class T>
concept PlainArray = is_number_vector<T> || is_mapped_array<T>;

[[noreturn]] void throw_not_an_array(std::size_t size, std::size_t element_size);

/// The bytes of a value as they are stored; refers to a PlainArray, owns others.
template <class T>
class EncodedValue {
 public:
  explicit EncodedValue(const T& value) {
    if constexpr (PlainArray<T>) {
      bytes_ = std::as_bytes(std::span(value.data(), value.size()));
    } else {
      WireWriter writer(WireWriter::Mode::to_storage);
      writer.write(value);
      owned_ = writer.take_bytes();
      bytes_ = owned_;
    }
  }
  EncodedValue(const EncodedValue&) = delete;
  EncodedValue& operator=(const EncodedValue&) = delete;

  ByteSpan bytes() const noexcept { return bytes_; }

 private:
  std::vector<std::byte> owned_;
  ByteSpan bytes_;
};

template <class Element>
MappedArray<Element> decode_array(StoredBytes stored) {
  const std::size_t size = stored.bytes().size();
  if (size % sizeof(Element) != 0) throw_not_an_array(size, sizeof(Element));
  return MappedArray<Element>(std::move(stored));
}

/// Throws corrupt_data where the bytes hold no T.
template <class T>
T decode_value(StoredBytes stored) {
  if constexpr (is_mapped_array<T>) {
    return decode_array<typename T::value_type>(std::move(stored));
  } else if constexpr (is_number_vector<T>) {
    const auto array = decode_array<typename T::value_type>(std::move(stored));
    return T(array.begin(), array.end());
  } else {
    WireReader reader(stored.bytes());
    T value = reader.read<T>();
    reader.expect_end();
    return value;
  }
}

}  // namespace cache_detail

}  // namespace thrum
