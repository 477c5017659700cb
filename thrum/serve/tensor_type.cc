#include "thrum/serve/tensor_type_internal.h"

#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <string>

#include "thrum/core/names.h"
#include "thrum/core/printable.h"

namespace thrum::serving {
namespace {

static_assert(std::endian::native == std::endian::little, "binary tensors are little-endian");

struct Kind {
  std::string_view name;
  std::size_t size;
  double smallest;  // of a whole number
  double largest;
};

template <class T>
constexpr Kind whole(std::string_view name) {
  return {name, sizeof(T), static_cast<double>(std::numeric_limits<T>::min()),
          static_cast<double>(std::numeric_limits<T>::max())};
}

constexpr std::array<Kind, 13> kinds = {
    Kind{"BOOL", 1, 0, 1},          whole<std::uint8_t>("UINT8"),   whole<std::uint16_t>("UINT16"),
    whole<std::uint32_t>("UINT32"), whole<std::uint64_t>("UINT64"), whole<std::int8_t>("INT8"),
    whole<std::int16_t>("INT16"),   whole<std::int32_t>("INT32"),   whole<std::int64_t>("INT64"),
    Kind{"FP16", 2, 0, 0},          Kind{"FP32", 4, 0, 0},          Kind{"FP64", 8, 0, 0},
    Kind{"BYTES", 0, 0, 0},
};

const Kind& kind_of(TensorType type) noexcept {
  return kinds[static_cast<std::size_t>(type)];
}

template <class T>
double load(const char* bytes) noexcept {
  T value;
  std::memcpy(&value, bytes, sizeof value);
  return static_cast<double>(value);
}

/// IEEE 754 binary16.
double load_half(const char* bytes) noexcept {
  std::uint16_t bits = 0;
  std::memcpy(&bits, bytes, sizeof bits);
  const int exponent = (bits >> 10) & 31;
  const int fraction = bits & 1023;
  double value = 0;
  if (exponent == 31) {
    value = fraction == 0 ? std::numeric_limits<double>::infinity() : std::numeric_limits<double>::quiet_NaN();
  } else {
    value = exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(1024 + fraction, exponent - 25);
  }
  return (bits & 0x8000) != 0 ? -value : value;
}

std::optional<double> read_whole(const Kind& kind, double number) {
  const bool fits = std::trunc(number) == number && number >= kind.smallest && number <= kind.largest;
  return fits ? std::optional(number) : std::nullopt;
}

}  // namespace

std::string_view tensor_type_name(TensorType type) noexcept {
  return kind_of(type).name;
}

std::size_t tensor_item_size(TensorType type) noexcept {
  return kind_of(type).size;
}

TensorType parse_tensor_type(const Place& place, std::string_view name) {
  std::array<std::string, kinds.size()> known;
  for (std::size_t i = 0; i < kinds.size(); ++i) {
    if (kinds[i].name == name) return static_cast<TensorType>(i);
    known[i] = kinds[i].name;
  }
  const std::string hint = nearest_hint(name, known);
  refuse_at(place, "the datatype " + in_quotes(name) + " is not known", hint.empty() ? "such as FP64 or BYTES" : hint);
}

double load_item(TensorType type, const char* bytes) noexcept {
  switch (type) {
    case TensorType::boolean:
      return *bytes != 0 ? 1 : 0;
    case TensorType::uint8:
      return load<std::uint8_t>(bytes);
    case TensorType::uint16:
      return load<std::uint16_t>(bytes);
    case TensorType::uint32:
      return load<std::uint32_t>(bytes);
    case TensorType::uint64:
      return load<std::uint64_t>(bytes);
    case TensorType::int8:
      return load<std::int8_t>(bytes);
    case TensorType::int16:
      return load<std::int16_t>(bytes);
    case TensorType::int32:
      return load<std::int32_t>(bytes);
    case TensorType::int64:
      return load<std::int64_t>(bytes);
    case TensorType::fp16:
      return load_half(bytes);
    case TensorType::fp32:
      return load<float>(bytes);
    case TensorType::fp64:
      return load<double>(bytes);
    case TensorType::bytes:
      break;
  }
  return 0;
}

std::optional<double> read_item(TensorType type, const JsonElement& value) {
  if (value.is_null()) return std::numeric_limits<double>::quiet_NaN();
  if (type == TensorType::boolean && value.is_bool()) return value.get_bool().value() ? 1 : 0;
  double number = 0;
  if (value.get_double().get(number) != simdjson::SUCCESS) return std::nullopt;
  switch (type) {
    case TensorType::fp16:
    case TensorType::fp64:
      return number;
    case TensorType::fp32:
      // Out of the range of a float, the cast is undefined.
      if (std::abs(number) > static_cast<double>(std::numeric_limits<float>::max())) return std::nullopt;
      return static_cast<double>(static_cast<float>(number));
    default:
      return read_whole(kind_of(type), number);
  }
}

}  // namespace thrum::serving
