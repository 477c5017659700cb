#include "thrum/core/dtype.h"

#include <array>

namespace thrum {
namespace {

struct Description {
  std::string_view name;
  std::size_t size;
};

// In the order of DType.
constexpr std::array<Description, 6> descriptions = {
    {{"U8", 1}, {"I32", 4}, {"I64", 8}, {"U64", 8}, {"F32", 4}, {"F64", 8}}};

}  // namespace

std::size_t dtype_size(DType dtype) noexcept {
  return descriptions[static_cast<std::size_t>(dtype)].size;
}

std::string_view dtype_name(DType dtype) noexcept {
  return descriptions[static_cast<std::size_t>(dtype)].name;
}

std::optional<DType> parse_dtype(std::string_view name) noexcept {
  for (std::size_t i = 0; i < descriptions.size(); ++i) {
    if (descriptions[i].name == name) return static_cast<DType>(i);
  }
  return std::nullopt;
}

}  // namespace thrum
