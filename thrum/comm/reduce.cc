#include <cstdint>
#include <type_traits>

#include "thrum/comm/reduce_internal.h"

namespace thrum {
namespace {

template <class T>
T sum(T a, T b) noexcept {
  if constexpr (std::is_integral_v<T>) {
    using Unsigned = std::make_unsigned_t<T>;
    return static_cast<T>(static_cast<Unsigned>(static_cast<Unsigned>(a) + static_cast<Unsigned>(b)));
  } else {
    return a + b;
  }
}

template <class T>
bool is_nan(T x) noexcept {
  return x != x;
}

template <class T>
T combine(T a, T b, ReduceOp op) noexcept {
  if (op == ReduceOp::sum) return sum(a, b);
  if (is_nan(a) || is_nan(b)) return is_nan(a) ? a : b;
  return (op == ReduceOp::max ? a < b : b < a) ? b : a;
}

template <class T>
void reduce_elements(std::span<std::byte> into, std::span<const std::byte> from, ReduceOp op) noexcept {
  T* to = reinterpret_cast<T*>(into.data());
  const T* others = reinterpret_cast<const T*>(from.data());
  for (std::size_t i = 0; i < into.size() / sizeof(T); ++i) to[i] = combine(to[i], others[i], op);
}

}  // namespace

void reduce_into(std::span<std::byte> into, std::span<const std::byte> from, DType dtype, ReduceOp op) noexcept {
  switch (dtype) {
    case DType::u8:
      return reduce_elements<std::uint8_t>(into, from, op);
    case DType::i32:
      return reduce_elements<std::int32_t>(into, from, op);
    case DType::i64:
      return reduce_elements<std::int64_t>(into, from, op);
    case DType::u64:
      return reduce_elements<std::uint64_t>(into, from, op);
    case DType::f32:
      return reduce_elements<float>(into, from, op);
    case DType::f64:
      return reduce_elements<double>(into, from, op);
  }
}

std::string_view reduce_op_name(ReduceOp op) noexcept {
  switch (op) {
    case ReduceOp::sum:
      return "sum";
    case ReduceOp::min:
      return "min";
    case ReduceOp::max:
      return "max";
  }
  return "sum";
}

}  // namespace thrum
