#pragma once

#include <cstddef>
#include <cstdint>

namespace thrum::csv {

/// Fields of one column: that of row i ends at text[ends[i * stride]], and begins behind text[ends[i * stride - 1]]. A
/// carriage return may stand before the end of a line.
struct FieldEnds {
  static constexpr std::size_t most_rows = 64;  ///< that are read together

  const char* text;
  const std::uint32_t* ends;
  std::size_t stride;
  std::size_t size;  ///< of the text
};

/// Reads the numbers of the first `n` rows, 0 < n <= most_rows, that have at most 8 characters besides the sign and no
/// exponent, as nearly all have, many at a time. A bit of the result says that out[i] is such a number; the others are
/// to be read otherwise, and what stands in out[i] means nothing.
std::uint64_t read_short_wholes(const FieldEnds& fields, std::size_t n, std::int64_t* out) noexcept;
/// The same with decimals or without.
std::uint64_t read_short_reals(const FieldEnds& fields, std::size_t n, double* out) noexcept;

}  // namespace thrum::csv
