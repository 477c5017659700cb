#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "thrum/data/csv_short_numbers_internal.h"

namespace thrum::csv {

/// Codes of short texts of a column that came before, each in the only place where it may be: one that comes again is
/// found without a branch that depends on it, and where two share a place, the later one stays.
class ShortTexts {
 public:
  static constexpr std::size_t size = 32;  ///< bytes of a place: the text, and a zero at least

  ShortTexts() : places_(n_places, no_text()), codes_(n_places) {}

  /// Codes of the first `n` rows, 0 < n <= most_rows. A bit of the result says that out[i] is the one of that row's
  /// text; the others are to be looked up otherwise. REQUIRES: no NUL in the texts.
  std::uint64_t find(const FieldEnds& fields, std::size_t n, std::int32_t* out) const noexcept;

  /// The text of the first row has this code.
  void keep(const FieldEnds& fields, std::int32_t code) noexcept;

  /// Of a text of `n` bytes that begins at `p`, behind which seven more can be read.
  static std::size_t place_of(const char* p, std::size_t n) noexcept {
    const std::size_t m = std::min<std::size_t>(n, 8);
    const std::size_t absent = (64 - 8 * m) & 63;
    const std::uint64_t first = load(p) << absent;
    const std::uint64_t last = load(p + n - m) << absent;
    return (first * 0x9E3779B97F4A7C15u + last * 0xD6E8FEB86659FD93u) >> (64 - place_bits);
  }

 private:
  static constexpr unsigned place_bits = 8;
  static constexpr std::size_t n_places = std::size_t{1} << place_bits;

  struct alignas(size) Place {
    char bytes[size];
  };

  /// What equals no text: of one that is so long no byte is zero.
  static constexpr Place no_text() {
    Place place = {};
    place.bytes[size - 1] = 1;
    return place;
  }
  static std::uint64_t load(const char* p) noexcept {
    std::uint64_t word;
    std::memcpy(&word, p, sizeof word);
    return word;
  }

  std::vector<Place> places_;
  std::vector<std::int32_t> codes_;
};

}  // namespace thrum::csv
