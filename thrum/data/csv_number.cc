#include "thrum/data/csv_number_internal.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <system_error>

namespace thrum::csv {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

bool equal_ignoring_case(std::string_view text, std::string_view lower) noexcept {
  return std::equal(text.begin(), text.end(), lower.begin(), lower.end(),
                    [](char a, char b) { return (a | 0x20) == b; });
}

/// The exponent of ten behind `e`, cut where more digits make no difference.
std::ptrdiff_t written_exponent(const char* p, const char* end) noexcept {
  constexpr std::ptrdiff_t limit = std::numeric_limits<std::ptrdiff_t>::max() / 16;
  const bool down = *p == '-';
  std::ptrdiff_t exponent = 0;
  for (p += !is_digit(*p); p != end && exponent < limit; ++p) exponent = exponent * 10 + (*p - '0');
  return down ? -exponent : exponent;
}

/// Of a number that no double holds: whether it is too large, not too small.
bool is_large(const char* begin, const char* end) noexcept {
  const char* const e = std::find_if(begin, end, [](char c) { return (c | 0x20) == 'e'; });
  const char* const point = std::find(begin, e, '.');
  const char* const leading = std::find_if(begin, e, [](char c) { return c >= '1' && c <= '9'; });
  return point - leading + (e == end ? 0 : written_exponent(e + 1, end)) > 0;
}

Number real_number(const char* begin, const char* end) noexcept {
  Number number;
  number.kind = Number::Kind::real;
  number.end = end;
  if (std::from_chars(begin, end, number.real).ec == std::errc()) return number;
  const bool large = is_large(begin, end);
  if (large) number.kind = Number::Kind::too_large;
  number.real = large ? infinity : 0.0;
  if (*begin == '-') number.real = -number.real;
  return number;
}

Number infinite_number(std::string_view text) noexcept {
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  Number number;
  if (!equal_ignoring_case(text, "inf") && !equal_ignoring_case(text, "infinity")) return number;
  number.kind = Number::Kind::real;
  number.real = negative ? -infinity : infinity;
  return number;
}

bool looks_like_number(std::string_view text) noexcept {
  const auto digits = [&] {
    const std::size_t before = text.size();
    while (!text.empty() && is_digit(text.front())) text.remove_prefix(1);
    return before - text.size();
  };
  if (text.starts_with('-')) text.remove_prefix(1);
  std::size_t n_digits = digits();
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    n_digits += digits();
  }
  if (n_digits == 0 || text.empty()) return n_digits > 0;
  if ((text.front() | 0x20) != 'e') return false;
  text.remove_prefix(1);
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  return digits() > 0 && text.empty();
}

}  // namespace

std::string_view without_blanks(std::string_view text) noexcept {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

Number convert_digits(const char* begin, const char* end) noexcept {
  if (std::find_if(begin, end, [](char c) { return c == '.' || (c | 0x20) == 'e'; }) != end) {
    return real_number(begin, end);
  }
  Number number;
  if (std::from_chars(begin, end, number.whole).ec != std::errc()) return real_number(begin, end);
  number.kind = Number::Kind::whole;
  number.end = end;
  return number;
}

Number parse_number(std::string_view text) noexcept {
  text = without_blanks(text);
  if (text.starts_with('+') && !text.starts_with("+-")) text.remove_prefix(1);
  if (looks_like_number(text)) return convert_digits(text.data(), text.data() + text.size());
  return infinite_number(text);
}

}  // namespace thrum::csv
