#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <functional>
#include <limits>
#include <numeric>
#include <optional>

#include "thrum/core/assert.h"
#include "thrum/core/error.h"
#include "thrum/data/formats/number_array_internal.h"
#include "thrum/data/memory_bound_internal.h"
#include "thrum/data/zeroed_memory_internal.h"

namespace thrum::formats {
namespace {

/// What a table of so many columns costs beside its numbers: names, and a look at each by whoever lists them.
constexpr std::size_t most_columns = std::size_t{1} << 20;

/// Rows of which a task reads whole lines of memory whatever the order of the array.
constexpr std::size_t tile_rows = 64;
constexpr std::size_t rows_per_task = 16 * tile_rows;

template <class Bits>
Bits load_bits(const std::byte* p, bool big_endian) noexcept {
  std::array<std::byte, sizeof(Bits)> bytes;
  std::memcpy(bytes.data(), p, sizeof(Bits));
  if (big_endian) std::ranges::reverse(bytes);
  return std::bit_cast<Bits>(bytes);
}

/// IEEE 754 binary16.
double half_to_double(std::uint16_t bits) noexcept {
  const int exponent = (bits >> 10) & 31;
  const double fraction = (bits & 1023) / 1024.0;
  const double size = exponent == 0    ? std::ldexp(fraction, -14)
                      : exponent == 31 ? (fraction == 0 ? std::numeric_limits<double>::infinity()
                                                        : std::numeric_limits<double>::quiet_NaN())
                                       : std::ldexp(1 + fraction, exponent - 15);
  return (bits & 0x8000) != 0 ? -size : size;
}

/// How an element of each type is read: `load` gives std::int64_t, std::uint64_t or double.
struct Half {
  static double load(const std::byte* p, bool big_endian) noexcept {
    return half_to_double(load_bits<std::uint16_t>(p, big_endian));
  }
};
struct Boolean {
  static std::int64_t load(const std::byte* p, bool) noexcept { return *p == std::byte{0} ? 0 : 1; }
};
template <class T, class Wide>
struct Plain {
  static Wide load(const std::byte* p, bool big_endian) noexcept { return Wide{load_bits<T>(p, big_endian)}; }
};

template <class Visitor>
void visit_real(std::size_t size, Visitor visit) {
  if (size == 2) return visit(Half());
  if (size == 4) return visit(Plain<float, double>());
  visit(Plain<double, double>());
}

template <class Visitor>
void visit_signed(std::size_t size, Visitor visit) {
  if (size == 1) return visit(Plain<std::int8_t, std::int64_t>());
  if (size == 2) return visit(Plain<std::int16_t, std::int64_t>());
  if (size == 4) return visit(Plain<std::int32_t, std::int64_t>());
  visit(Plain<std::int64_t, std::int64_t>());
}

template <class Visitor>
void visit_unsigned(std::size_t size, Visitor visit) {
  if (size == 1) return visit(Plain<std::uint8_t, std::int64_t>());
  if (size == 2) return visit(Plain<std::uint16_t, std::int64_t>());
  if (size == 4) return visit(Plain<std::uint32_t, std::int64_t>());
  visit(Plain<std::uint64_t, std::uint64_t>());
}

template <class Visitor>
void visit_type(const ElementType& type, Visitor visit) {
  switch (type.kind) {
    case ElementKind::real:
      return visit_real(type.size, visit);
    case ElementKind::signed_integer:
      return visit_signed(type.size, visit);
    case ElementKind::unsigned_integer:
      return visit_unsigned(type.size, visit);
    case ElementKind::boolean:
      return visit(Boolean());
  }
}

/// Where the elements of a row stand, in elements.
struct Places {
  std::size_t row_stride;
  std::vector<std::size_t> columns;  ///< of each column, in row 0
};

/// Of an array in Fortran's order: the axes after the first, the last running fastest in the numbering of columns, but
/// slowest in memory.
std::size_t fortran_place(std::span<const std::size_t> shape, std::size_t column) {
  std::size_t place = 0;
  std::size_t stride = std::accumulate(shape.begin(), shape.end(), std::size_t{1}, std::multiplies<>());
  for (std::size_t axis = shape.size(); axis-- > 1;) {
    stride /= shape[axis];
    place += column % shape[axis] * stride;
    column /= shape[axis];
  }
  return place;
}

Places places_of(const NumberArray& array) {
  Places places{array.fortran ? 1 : array.n_columns(), std::vector<std::size_t>(array.n_columns())};
  for (std::size_t c = 0; c < places.columns.size(); ++c) {
    places.columns[c] = array.fortran ? fortran_place(array.shape, c) : c;
  }
  return places;
}

template <class Value>
std::vector<ColumnValues<Value>> read_columns(const NumberArray& array, const Execution& execution) {
  const Places places = places_of(array);
  std::vector<ColumnValues<Value>> columns(array.n_columns());
  if (execution.scratch != nullptr) {
    columns = column_values<Value>(array.n_rows(), columns.size(), execution.scratch);
  } else {
    execution.arena->run(
        columns.size(), [&](std::size_t c) { columns[c] = column_values<Value>(array.n_rows(), nullptr); },
        execution.stop);
  }
  const auto read_rows = [&](std::size_t begin, std::size_t end) {
    visit_type(array.type, [&](auto element) {
      for (std::size_t c = 0; c < columns.size(); ++c) {
        if (c % columns_between_looks == 0) execution.keep_within_limit();
        for (std::size_t row = begin; row < end; ++row) {
          const std::size_t place = row * places.row_stride + places.columns[c];
          const std::byte* p = array.data.data() + place * array.type.size;
          columns[c].data()[row] = static_cast<Value>(element.load(p, array.type.big_endian));
        }
      }
    });
  };
  const auto read_task = [&](std::size_t begin, std::size_t end) {
    for (std::size_t row = begin; row < end; row += tile_rows) read_rows(row, std::min(row + tile_rows, end));
    execution.keep_within_limit();
    execution.report({.stage = "read", .done = end, .total = array.n_rows()});
  };
  parallel_for(*execution.arena, array.n_rows(), rows_per_task, read_task, execution.stop);
  return columns;
}

/// Whether an unsigned number is beyond int64.
bool has_large_numbers(const NumberArray& array) {
  if (array.type.kind != ElementKind::unsigned_integer || array.type.size < 8) return false;
  for (std::size_t i = 0; i < array.data.size(); i += 8) {
    if (load_bits<std::uint64_t>(array.data.data() + i, array.type.big_endian) >> 63 != 0) return true;
  }
  return false;
}

/// The product of the axes, nullopt where no memory could hold so many.
std::optional<std::size_t> n_elements(std::span<const std::size_t> shape) {
  std::size_t n = 1;
  for (const std::size_t axis : shape) {
    if (__builtin_mul_overflow(n, axis, &n)) return std::nullopt;
  }
  return n;
}

}  // namespace

std::size_t NumberArray::n_columns() const noexcept {
  return std::accumulate(shape.begin() + 1, shape.end(), std::size_t{1}, std::multiplies<>());
}

NumberArray make_array(ElementType type, std::vector<std::size_t> shape, bool fortran, ByteSpan data,
                       const std::string& name) {
  const auto fail = [&](const std::string& message, const std::string& hint = "") {
    throw Error(ErrorCode::corrupt_data, fmt::format("[{}] {}", name, message), hint);
  };
  const std::string text = fmt::format("({}{})", fmt::join(shape, ", "), shape.size() == 1 ? "," : "");
  if (shape.empty()) fail("an array without axes is a single number", "expected a row per index of the first axis");
  const bool empty = std::ranges::find(shape, std::size_t{0}) != shape.end();
  if (empty) fail(fmt::format("an array of shape {} holds nothing", text));
  const auto n = n_elements(shape);
  if (!n || *n > data.size() / type.size) {
    fail(fmt::format("an array of shape {} takes {} bytes per element, but {} bytes follow the header in all", text,
                     type.size, data.size()),
         "copy the file again");
  }
  if (const std::size_t rest = data.size() - *n * type.size; rest > 0) {
    fail(fmt::format("{} bytes follow the array of shape {}", rest, text), "expected one array");
  }
  NumberArray array{type, std::move(shape), fortran, data};
  check_n_columns(array.n_columns(), name);
  return array;
}

std::vector<Column> columns_of(const NumberArray& array, std::span<const std::string> names, const std::string& name,
                               const Execution& execution) {
  THRUM_ASSERT(names.size() == array.n_columns());
  if (execution.scratch == nullptr) {
    check_memory(8 * array.n_rows() * array.n_columns(), fmt::format("[{}] its table", name));
  }
  check_column_room(names.size(), name, execution);
  std::vector<Column> columns;
  columns.reserve(names.size());
  if (array.type.kind == ElementKind::real || has_large_numbers(array)) {
    auto values = read_columns<double>(array, execution);
    for (std::size_t c = 0; c < names.size(); ++c) columns.push_back(Column::stored(names[c], std::move(values[c])));
  } else {
    auto values = read_columns<std::int64_t>(array, execution);
    for (std::size_t c = 0; c < names.size(); ++c) columns.push_back(Column::stored(names[c], std::move(values[c])));
  }
  return columns;
}

std::vector<std::string> numbered_names(const std::string& prefix, std::size_t n) {
  std::vector<std::string> names;
  names.reserve(n);
  for (std::size_t i = 0; i < n; ++i) names.push_back(prefix + std::to_string(i));
  return names;
}

void check_n_columns(std::size_t n, const std::string& name, const std::string& why) {
  if (n <= most_columns) return;
  throw Error(ErrorCode::invalid_argument,
              fmt::format("[{}] expected at most {} columns, got {}{}", name, most_columns, n, why));
}

}  // namespace thrum::formats
