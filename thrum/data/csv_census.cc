#include "thrum/data/csv_census_internal.h"

#include <algorithm>
#include <cstdint>

namespace thrum::csv {
namespace {

/// Few enough bytes for counters of 8 bits, so that a vector register holds as many of them as of bytes.
constexpr std::size_t stride = 240;

/// REQUIRES: two bytes lie before `p`, and at most `stride` behind.
Census stride_census(const char* p, std::size_t n, BlankLines blank_lines) noexcept {
  const bool all_lines = blank_lines == BlankLines::rows;
  std::uint8_t rows = 0;
  std::uint8_t quotes = 0;
  std::uint8_t nuls = 0;
  const char* const before = p - 1;
  const char* const two_before = p - 2;
  for (std::size_t i = 0; i < n; ++i) {
    const bool after_line = before[i] == '\n';
    const bool after_empty = (before[i] == '\r') & (two_before[i] == '\n');
    const bool counts = all_lines | (!after_line & !after_empty);
    rows = static_cast<std::uint8_t>(rows + ((p[i] == '\n') & counts));
    quotes = static_cast<std::uint8_t>(quotes | (p[i] == '"'));
    nuls = static_cast<std::uint8_t>(nuls | (p[i] == '\0'));
  }
  return {rows, quotes != 0, nuls != 0};
}

void add(Census& sum, const Census& part) noexcept {
  sum.rows += part.rows;
  sum.quote |= part.quote;
  sum.nul |= part.nul;
}

}  // namespace

bool ends_row(std::string_view text, std::size_t i, BlankLines blank_lines) noexcept {
  if (blank_lines == BlankLines::rows || text[i] != '\n') return text[i] == '\n';
  if (i == 0 || text[i - 1] == '\n') return false;
  return text[i - 1] != '\r' || (i >= 2 && text[i - 2] != '\n');
}

Census take_census(std::string_view text, std::size_t begin, std::size_t end, BlankLines blank_lines) noexcept {
  Census sum;
  for (; begin < std::min<std::size_t>(end, 2); ++begin) {
    add(sum, {ends_row(text, begin, blank_lines), text[begin] == '"', text[begin] == '\0'});
  }
  for (; begin < end; begin += std::min(stride, end - begin)) {
    add(sum, stride_census(text.data() + begin, std::min(stride, end - begin), blank_lines));
  }
  return sum;
}

}  // namespace thrum::csv
