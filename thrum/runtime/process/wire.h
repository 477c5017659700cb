#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "thrum/core/aggregate.h"
#include "thrum/core/bytes.h"
#include "thrum/runtime/memfd.h"
#include "thrum/runtime/process/wire_traits.h"
#include "thrum/runtime/unique_fd.h"

namespace thrum {

namespace wire_detail {

/// Nested values, such as the nodes of a tree, may lie this deep: each struct, container, optional or unique_ptr
/// counts.
inline constexpr int max_depth = 1024;

/// One level of nested values, while they are written or read.
class Level {
 public:
  explicit Level(int& depth) : depth_(depth) { ++depth_; }
  ~Level() { --depth_; }
  Level(const Level&) = delete;
  Level& operator=(const Level&) = delete;

 private:
  int& depth_;
};

[[noreturn]] void throw_truncated(std::size_t wanted, std::size_t left);
[[noreturn]] void throw_invalid(std::string_view what);
[[noreturn]] void throw_too_deep();

}  // namespace wire_detail

/// Turns values into bytes, and what cannot be bytes into descriptors, for another process of the same build. What can
/// cross:
/// - numbers, enums, strings, paths, std::chrono's durations and time points, bitsets, Random;
/// - vectors, deques, lists, arrays, tuples, optionals, variants, maps, sets and unique_ptrs of what can cross;
/// - structs of it, field by field: with at most 16 fields, no bases, no C arrays (use std::array), no bit-fields;
/// - whatever has a hook (HasWireHook), or is declared (crosses_as_bytes).
/// Other classes, pointers and views do not compile. Values may nest 1024 deep: deeper ones, such as a long list of
/// unique_ptrs, throw invalid_argument. Numeric vectors of 128 KiB and more travel out of band: written once to a
/// memfd, not through a buffer. Not thread-safe.
class WireWriter {
 public:
  /// Numeric buffers from this size on travel out of band.
  static constexpr std::size_t bulk_threshold = std::size_t{128} << 10;

  enum class Mode {
    to_process,         ///< descriptors and out-of-band data are allowed
    inline_to_process,  ///< descriptors are allowed, all data are inline
    to_storage,         ///< bytes only: a descriptor throws invalid_argument
  };

  explicit WireWriter(Mode mode = Mode::to_process) : mode_(mode) {}

  template <class... T>
  void operator()(const T&... values) {
    (write(values), ...);
  }

  /// Throws io where memory for out-of-band data is lacking.
  template <class T>
  void write(const T& value);

  /// `bytes` as they are; the reader must know how many.
  void write_bytes(ByteSpan bytes) {
    const std::size_t end = bytes_.size();
    bytes_.resize(end + bytes.size());
    if (!bytes.empty()) std::memcpy(bytes_.data() + end, bytes.data(), bytes.size());
  }
  /// Gives the reader a duplicate of `fd`. Throws io; invalid_argument in storage.
  void write_descriptor(int fd);
  void write_size(std::size_t size) { write(static_cast<std::uint64_t>(size)); }

  ByteSpan bytes() const noexcept { return bytes_; }
  std::vector<std::byte> take_bytes() noexcept { return std::exchange(bytes_, {}); }
  /// Forgets what was written after the first `size` bytes, and all descriptors.
  void rewind(std::size_t size) noexcept {
    bytes_.resize(size);
    descriptors_.clear();
    bulk_.reset();
    bulk_size_ = 0;
  }
  /// The descriptors, in the order in which the reader needs them; the out-of-band data, if there is any, come last.
  /// To be called once, after the last write.
  std::vector<UniqueFd> take_descriptors();

 private:
  template <class T>
  void write_parts(const T& value);
  template <class T>
  void write_range(const T& values);
  /// In a byte at least, by which the reader limits the number of elements.
  template <class T>
  void write_element(const T& value) {
    const std::size_t begin = bytes_.size();
    write(value);
    if (bytes_.size() == begin) write(std::uint8_t{0});
  }
  void write_buffer(ByteSpan bytes);

  Mode mode_;
  std::vector<std::byte> bytes_;
  std::vector<UniqueFd> descriptors_;
  UniqueFd bulk_;
  std::uint64_t bulk_size_ = 0;
  int depth_ = 0;
};

/// Reads what a WireWriter wrote, in the same order with the same types. Every read checks its bounds: bytes that hold
/// something else throw corrupt_data. Memory is taken for elements as they are read, never for the number that the
/// bytes claim; since an empty optional, say, takes one byte here but its whole size in a vector, values can be larger
/// than their bytes by that factor. Not thread-safe.
class WireReader {
 public:
  /// `bytes` must stay while the reader lives.
  explicit WireReader(ByteSpan bytes, std::vector<UniqueFd> descriptors = {})
      : rest_(bytes), descriptors_(std::move(descriptors)) {}

  template <class... T>
  void operator()(T&... values) {
    ((values = read<T>()), ...);
  }

  template <class T>
  T read();

  ByteSpan read_bytes(std::size_t size) {
    if (size > rest_.size()) wire_detail::throw_truncated(size, rest_.size());
    const ByteSpan bytes = rest_.first(size);
    rest_ = rest_.subspan(size);
    return bytes;
  }
  UniqueFd read_descriptor();
  std::size_t read_size() { return static_cast<std::size_t>(read<std::uint64_t>()); }

  std::size_t bytes_left() const noexcept { return rest_.size(); }
  /// Throws corrupt_data when something is left.
  void expect_end() const;

 private:
  template <class T>
  T read_parts();
  template <class T>
  T read_hooked();
  template <class T>
  T read_vector();
  template <class T>
  T read_range();
  template <class T>
  T read_element() {
    const std::size_t left = rest_.size();
    T value = read<T>();
    if (rest_.size() == left) read<std::uint8_t>();
    return value;
  }
  template <class T, std::size_t... I>
  T read_tuple(std::index_sequence<I...>) {
    return T{read<std::tuple_element_t<I, T>>()...};
  }
  template <class T>
  T read_aggregate() {
    using Fields = decltype(tie_fields(std::declval<T&>()));
    return [this]<std::size_t... I>(std::index_sequence<I...>) {
      return T{this->template read<std::remove_reference_t<std::tuple_element_t<I, Fields>>>()...};  // in this order
    }(std::make_index_sequence<std::tuple_size_v<Fields>>());
  }
  template <class T, std::size_t I = 0>
  T read_alternative(std::size_t index);
  /// How many elements follow, of which each takes a byte at least.
  std::size_t read_count();
  ByteSpan read_buffer(std::size_t size);

  ByteSpan rest_;
  std::vector<UniqueFd> descriptors_;
  std::size_t next_descriptor_ = 0;
  std::optional<SharedBytes> bulk_;
  int depth_ = 0;
};

template <class T>
void WireWriter::write_range(const T& values) {
  write_size(values.size());
  for (const auto& value : values) {
    if constexpr (wire_detail::AnyMap<T>) {
      write_element(value.first);
      write(value.second);
    } else {
      write_element(value);
    }
  }
}

template <class T>
void WireWriter::write(const T& value) {
  using namespace wire_detail;
  if constexpr (std::is_same_v<T, bool>) {
    write(static_cast<std::uint8_t>(value));
  } else if constexpr (Bitwise<T> || OpaqueBytes<T>) {
    write_bytes(std::as_bytes(std::span(&value, 1)));
  } else if constexpr (Text<T>) {
    const std::string_view text = value;
    write_size(text.size());
    write_buffer(bytes_of(text));
  } else {
    const Level level(depth_);
    if (depth_ > max_depth) throw_too_deep();
    write_parts(value);
  }
}

template <class T>
void WireWriter::write_parts(const T& value) {
  using namespace wire_detail;
  if constexpr (HasWireHook<T>) {
    const_cast<T&>(value).wire(*this);  // the hook serves both directions, and leaves the value alone when writing
  } else if constexpr (std::is_same_v<T, std::filesystem::path>) {
    write(value.native());
  } else if constexpr (is_numeric_vector<T>) {
    write_size(value.size());
    write_buffer(std::as_bytes(std::span(value)));
  } else if constexpr (Sequence<T> || AnyMap<T> || AnySet<T>) {
    write_range(value);
  } else if constexpr (is_array<T>) {
    for (const auto& element : value) write(element);
  } else if constexpr (TupleLike<T>) {
    std::apply([this](const auto&... parts) { (this->write(parts), ...); }, value);
  } else if constexpr (is_specialisation<T, std::optional> || is_specialisation<T, std::unique_ptr>) {
    write(static_cast<bool>(value));
    if (value) write(*value);
  } else if constexpr (is_specialisation<T, std::variant>) {
    write_size(value.index());
    std::visit([this](const auto& alternative) { this->write(alternative); }, value);
  } else if constexpr (std::is_same_v<T, std::monostate>) {
    // nothing to say
  } else if constexpr (FieldByField<T>) {
    std::apply([this](const auto&... fields) { (this->write(fields), ...); }, tie_fields(value));
  } else {
    refuse<T>();
  }
}

template <class T>
T WireReader::read_hooked() {
  if constexpr (HasWireFactory<T>) {
    return T::from_wire(*this);
  } else {
    T value{};
    value.wire(*this);
    return value;
  }
}

template <class T>
T WireReader::read_vector() {
  using Element = typename T::value_type;
  const std::size_t count = read_size();
  if (count > SIZE_MAX / sizeof(Element)) wire_detail::throw_invalid("an impossible length");
  const ByteSpan bytes = read_buffer(count * sizeof(Element));
  T values(count);
  if (count > 0) std::memcpy(values.data(), bytes.data(), bytes.size());
  return values;
}

template <class T>
T WireReader::read_range() {
  T values;
  const std::size_t count = read_count();
  for (std::size_t i = 0; i < count; ++i) {
    if constexpr (wire_detail::AnyMap<T>) {
      auto key = read_element<typename T::key_type>();
      values.emplace(std::move(key), read<typename T::mapped_type>());
    } else {
      values.insert(values.end(), read_element<typename T::value_type>());
    }
  }
  return values;
}

template <class T, std::size_t I>
T WireReader::read_alternative(std::size_t index) {
  if constexpr (I == std::variant_size_v<T>) {
    wire_detail::throw_invalid("no such alternative");
  } else {
    if (index == I) return T(std::in_place_index<I>, read<std::variant_alternative_t<I, T>>());
    return read_alternative<T, I + 1>(index);
  }
}

template <class T>
T WireReader::read() {
  using namespace wire_detail;
  if constexpr (std::is_same_v<T, bool>) {
    const auto byte = read<std::uint8_t>();
    if (byte > 1) throw_invalid("a truth value that is neither 0 nor 1");
    return byte == 1;
  } else if constexpr (Bitwise<T> || OpaqueBytes<T>) {
    std::array<std::byte, sizeof(T)> bytes;
    std::memcpy(bytes.data(), read_bytes(sizeof(T)).data(), sizeof(T));
    return std::bit_cast<T>(bytes);
  } else if constexpr (std::is_same_v<T, std::string>) {
    return std::string(text_of(read_buffer(read_size())));
  } else {
    const Level level(depth_);
    if (depth_ > max_depth) throw_invalid("values nested too deeply");
    return read_parts<T>();
  }
}

template <class T>
T WireReader::read_parts() {
  using namespace wire_detail;
  if constexpr (HasWireHook<T>) {
    return read_hooked<T>();
  } else if constexpr (std::is_same_v<T, std::filesystem::path>) {
    return read<std::string>();
  } else if constexpr (is_numeric_vector<T>) {
    return read_vector<T>();
  } else if constexpr (Sequence<T> || AnyMap<T> || AnySet<T>) {
    return read_range<T>();
  } else if constexpr (is_array<T>) {
    T values{};
    for (auto& value : values) value = read<typename T::value_type>();
    return values;
  } else if constexpr (TupleLike<T>) {
    return read_tuple<T>(std::make_index_sequence<std::tuple_size_v<T>>());
  } else if constexpr (is_specialisation<T, std::optional>) {
    if (!read<bool>()) return std::nullopt;
    return read<typename T::value_type>();
  } else if constexpr (is_specialisation<T, std::unique_ptr>) {
    if (!read<bool>()) return nullptr;
    return std::make_unique<typename T::element_type>(read<typename T::element_type>());
  } else if constexpr (is_specialisation<T, std::variant>) {
    return read_alternative<T>(read_size());
  } else if constexpr (std::is_same_v<T, std::monostate>) {
    return {};
  } else if constexpr (FieldByField<T>) {
    return read_aggregate<T>();
  } else {
    refuse<T>();
  }
}

}  // namespace thrum
