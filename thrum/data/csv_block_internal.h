#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

#include "thrum/data/csv_dictionary_internal.h"
#include "thrum/data/csv_missing_internal.h"
#include "thrum/data/csv_rows_internal.h"
#include "thrum/data/csv_source_internal.h"

namespace thrum::csv {

struct Format {
  RowFormat rows;
  MissingMarkers missing;
  bool header;
};

/// What the fields of a column are taken for.
enum class Parse : unsigned char {
  whole,     ///< whole numbers, as far as seen
  real,      ///< numbers and missing values
  category,  ///< codes of a dictionary
  skip       ///< nothing is stored: the caller does not want the column, or a text was found in a column of numbers
};

/// Numbers of 8 bytes, of either type, in memory that was made for one of them.
class Slots {
 public:
  Slots() = default;
  explicit Slots(std::byte* memory) noexcept : memory_(memory) {}

  template <class T>
    requires(sizeof(T) == 8)
  T load(std::size_t i) const noexcept {
    T value;
    std::memcpy(&value, memory_ + 8 * i, 8);
    return value;
  }
  template <class T>
    requires(sizeof(T) == 8)
  void store(std::size_t i, T value) noexcept {
    std::memcpy(memory_ + 8 * i, &value, 8);
  }
  /// From the i-th on.
  template <class T>
    requires(sizeof(T) == 8)
  T* from(std::size_t i) noexcept {
    return reinterpret_cast<T*>(memory_ + 8 * i);
  }
  /// Makes doubles of the first `n`, which are whole numbers.
  void whole_to_real(std::size_t n) noexcept {
    for (std::size_t i = 0; i < n; ++i) store(i, static_cast<double>(load<std::int64_t>(i)));
  }

 private:
  std::byte* memory_ = nullptr;
};

/// The part of a column that lies in one block. Parse::whole and Parse::real need `numbers`, Parse::category the other
/// two. Starts as the caller says and ends as what was found.
struct Cells {
  Parse parse = Parse::skip;
  Slots numbers = {};  ///< std::int64_t of Parse::whole, double of Parse::real
  std::int32_t* codes = nullptr;
  Dictionary* dictionary = nullptr;
  std::size_t too_large = std::string_view::npos;  ///< the offset of the first number that no double holds
};

/// Parses the first `n_rows` rows of `block`; cells[c] is column c. Throws corrupt_data for the first row that is not
/// CSV or has not cells.size() fields. REQUIRES: n_rows <= block.n_rows, as far as the text is CSV.
void parse_rows(const Source& source, const Format& format, const RowBlock& block, std::size_t n_rows,
                std::span<Cells> cells);

}  // namespace thrum::csv
