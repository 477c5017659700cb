#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "thrum/comm/execution.h"
#include "thrum/core/bytes.h"
#include "thrum/data/table.h"

namespace thrum::formats {

enum class ElementKind : unsigned char { boolean, signed_integer, unsigned_integer, real };

/// What one number of an array is.
struct ElementType {
  ElementKind kind = ElementKind::real;
  std::size_t size = 8;  ///< bytes: 1, 2, 4 or 8; of a real 2, 4 or 8
  bool big_endian = false;
};

/// Numbers in bytes, validated: a row per index of the first axis.
struct NumberArray {
  ElementType type;
  std::vector<std::size_t> shape;  ///< one axis at least, none empty
  bool fortran = false;            ///< the first axis runs fastest
  ByteSpan data;                   ///< as many bytes as the shape says

  std::size_t n_rows() const noexcept { return shape.front(); }
  std::size_t n_columns() const noexcept;
};

/// The array of the elements that follow in `data`. `name` is for messages. Throws corrupt_data where the shape has no
/// axis, no row or no column, and where it is not the shape of so many bytes; invalid_argument for more columns than a
/// table may have.
NumberArray make_array(ElementType type, std::vector<std::size_t> shape, bool fortran, ByteSpan data,
                       const std::string& name);

/// The array as columns: int64 from whole numbers and truth values (float64 where one is beyond int64), float64 from
/// reals, NaN being missing. The axes after the first become one, the last of them running fastest. `name` is for
/// messages. Throws out_of_memory where the machine cannot hold them, cancelled. REQUIRES: names.size() ==
/// array.n_columns().
std::vector<Column> columns_of(const NumberArray& array, std::span<const std::string> names, const std::string& name,
                               const Execution& execution);

/// "x0", "x1", … for `prefix` "x".
std::vector<std::string> numbered_names(const std::string& prefix, std::size_t n);

/// Throws invalid_argument where `n` are more columns than a table may have; the message ends in `why`.
void check_n_columns(std::size_t n, const std::string& name, const std::string& why = "");

}  // namespace thrum::formats
