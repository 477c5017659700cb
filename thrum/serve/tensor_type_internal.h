#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "thrum/serve/json_input_internal.h"

namespace thrum::serving {

/// The datatypes of the Open Inference Protocol.
enum class TensorType : std::uint8_t {
  boolean,
  uint8,
  uint16,
  uint32,
  uint64,
  int8,
  int16,
  int32,
  int64,
  fp16,
  fp32,
  fp64,
  bytes,
};

/// "FP32", "BYTES", …
std::string_view tensor_type_name(TensorType type) noexcept;
/// Throws HttpError 400 with the nearest name.
TensorType parse_tensor_type(const Place& place, std::string_view name);
/// Bytes of an element; 0 for bytes, whose elements have a length each.
std::size_t tensor_item_size(TensorType type) noexcept;

/// An element of a binary tensor. REQUIRES: tensor_item_size(type) bytes, type is not bytes.
double load_item(TensorType type, const char* bytes) noexcept;

/// A number of JSON as an element of this type, null being NaN; nullopt where the type does not hold it. REQUIRES: type
/// is not bytes.
std::optional<double> read_item(TensorType type, const JsonElement& value);

}  // namespace thrum::serving
