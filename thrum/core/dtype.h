#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace thrum {

/// Element types of tensors, with the names that safetensors uses ("F32", "I64", …).
enum class DType : std::uint8_t { u8, i32, i64, u64, f32, f64 };

std::size_t dtype_size(DType dtype) noexcept;
std::string_view dtype_name(DType dtype) noexcept;
std::optional<DType> parse_dtype(std::string_view name) noexcept;

template <class T>
struct DTypeOf;
template <>
struct DTypeOf<std::uint8_t> {
  static constexpr DType value = DType::u8;
};
template <>
struct DTypeOf<std::int32_t> {
  static constexpr DType value = DType::i32;
};
template <>
struct DTypeOf<std::int64_t> {
  static constexpr DType value = DType::i64;
};
template <>
struct DTypeOf<std::uint64_t> {
  static constexpr DType value = DType::u64;
};
template <>
struct DTypeOf<float> {
  static constexpr DType value = DType::f32;
};
template <>
struct DTypeOf<double> {
  static constexpr DType value = DType::f64;
};

template <class T>
inline constexpr DType dtype_of = DTypeOf<T>::value;

}  // namespace thrum
