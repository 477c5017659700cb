#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace thrum::csv {

/// A decimal number as text holds it.
struct Number {
  enum class Kind : unsigned char {
    none,      ///< not a number
    whole,     ///< digits only, within int64
    real,      ///< any other number
    too_large  ///< beyond the largest double; `real` is infinite
  };
  Kind kind = Kind::none;
  std::int64_t whole = 0;  ///< of a whole number only
  double real = 0;
  const char* end = nullptr;  ///< behind the last byte read
};

/// The number in [begin, end), which holds nothing but digits, at most one sign, point and exponent, and at least one
/// digit: exact for any length.
Number convert_digits(const char* begin, const char* end) noexcept;

/// `text` without the blanks and tabs at its ends.
std::string_view without_blanks(std::string_view text) noexcept;

/// The number that all of `text` is, blanks around it and a plus sign allowed, "inf" and "infinity" in any case
/// included. "nan" is none.
Number parse_number(std::string_view text) noexcept;

/// Whether a field of this text is a number.
inline bool is_number(std::string_view text) noexcept {
  return parse_number(text).kind != Number::Kind::none;
}

inline constexpr std::array<double, 23> exact_powers_of_ten = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                                               1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                                               1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

/// Reads digits from `p` on into `value`, which wraps around after 19 of them.
inline const char* scan_digits(const char* p, std::uint64_t& value) noexcept {
  for (unsigned digit; (digit = static_cast<unsigned char>(*p) - unsigned{'0'}) < 10; ++p) value = value * 10 + digit;
  return p;
}

/// The number that begins at `p`, read as far as it goes: [-]digits[.digits][e[sign]digits], either digits of the first
/// two may be absent. REQUIRES: a byte that cannot be part of a number follows.
///
/// Nearly all numbers of real files are m * 10^e with m < 2^53 and |e| <= 22, where one multiplication or division of
/// two exact doubles rounds correctly (Clinger, "How to read floating point numbers accurately", PLDI 1990).
inline Number scan_number(const char* p) noexcept {
  Number number;
  const char* const begin = p;
  const bool negative = *p == '-';
  const char* const first_digit = p + negative;
  std::uint64_t mantissa = 0;
  p = scan_digits(first_digit, mantissa);
  std::ptrdiff_t n_digits = p - first_digit;
  if (*p != '.' && (*p | 0x20) != 'e') {
    if (n_digits == 0) return number;
    if (n_digits > 18) return convert_digits(begin, p);
    number.kind = Number::Kind::whole;
    number.whole = negative ? -static_cast<std::int64_t>(mantissa) : static_cast<std::int64_t>(mantissa);
    number.end = p;
    return number;
  }
  std::ptrdiff_t exponent = 0;
  if (*p == '.') {
    const char* const first_decimal = ++p;
    p = scan_digits(p, mantissa);
    exponent = first_decimal - p;
    n_digits -= exponent;
  }
  if (n_digits == 0) return number;
  if ((*p | 0x20) == 'e') {
    const bool down = p[1] == '-';
    const char* const first = p + 1 + (down || p[1] == '+');
    std::uint64_t power = 0;
    p = scan_digits(first, power);
    if (p == first) return number;
    if (p - first > 4) return convert_digits(begin, p);
    exponent += down ? -static_cast<std::ptrdiff_t>(power) : static_cast<std::ptrdiff_t>(power);
  }
  if (n_digits > 19 || mantissa > (std::uint64_t{1} << 53) || exponent < -22 || exponent > 22) {
    return convert_digits(begin, p);
  }
  const double exact = static_cast<double>(static_cast<std::int64_t>(mantissa));
  const double size = exponent < 0 ? exact / exact_powers_of_ten[static_cast<std::size_t>(-exponent)]
                                   : exact * exact_powers_of_ten[static_cast<std::size_t>(exponent)];
  number.kind = Number::Kind::real;
  number.real = negative ? -size : size;
  number.end = p;
  return number;
}

}  // namespace thrum::csv
