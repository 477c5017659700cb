#include <charconv>
#include <cmath>
#include <cstdint>

#include "thrum/model/foreign/foreign_text_internal.h"

namespace thrum {

std::string category_text(const Json& category) {
  if (category.is_string()) return category.get<std::string>();
  if (!category.is_number_float()) return category.dump();
  const double value = category.get<double>();
  const bool is_whole = value == std::trunc(value) && std::abs(value) < 0x1p63;
  if (is_whole) return std::to_string(static_cast<std::int64_t>(value));
  char buffer[32];
  return {buffer, std::to_chars(buffer, buffer + sizeof buffer, value).ptr};
}

}  // namespace thrum
