#include <fmt/format.h>

#include <optional>

#include "thrum/core/error.h"
#include "thrum/data/formats/idx_internal.h"

namespace thrum::formats {
namespace {

constexpr std::size_t magic_size = 4;

std::optional<ElementType> type_of(std::byte code) noexcept {
  switch (static_cast<unsigned>(code)) {
    case 0x08:
      return ElementType{ElementKind::unsigned_integer, 1, true};
    case 0x09:
      return ElementType{ElementKind::signed_integer, 1, true};
    case 0x0B:
      return ElementType{ElementKind::signed_integer, 2, true};
    case 0x0C:
      return ElementType{ElementKind::signed_integer, 4, true};
    case 0x0D:
      return ElementType{ElementKind::real, 4, true};
    case 0x0E:
      return ElementType{ElementKind::real, 8, true};
    default:
      return std::nullopt;
  }
}

std::size_t size_at(ByteSpan bytes, std::size_t offset) {
  return __builtin_bswap32(load<std::uint32_t>(bytes.subspan(offset)));
}

}  // namespace

bool is_idx(ByteSpan bytes) noexcept {
  return bytes.size() >= magic_size && bytes[0] == std::byte{0} && bytes[1] == std::byte{0} && type_of(bytes[2]);
}

NumberArray parse_idx(ByteSpan bytes, const std::string& name) {
  const auto n_axes = static_cast<std::size_t>(bytes[3]);
  const std::size_t header_size = magic_size + 4 * n_axes;
  if (bytes.size() < header_size) {
    throw Error(ErrorCode::corrupt_data,
                fmt::format("[{}] the header of the IDX file ends early, after {} bytes", name, bytes.size()),
                "copy the file again");
  }
  std::vector<std::size_t> shape;
  for (std::size_t axis = 0; axis < n_axes; ++axis) shape.push_back(size_at(bytes, magic_size + 4 * axis));
  return make_array(*type_of(bytes[2]), std::move(shape), false, bytes.subspan(header_size), name);
}

}  // namespace thrum::formats
