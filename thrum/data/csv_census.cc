#include "thrum/data/csv_census_internal.h"

#include <algorithm>
#include <bit>
#include <cstdint>

// The bits of a vector's lanes fit into a word.
#define HWY_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "thrum/data/csv_census.cc"
#include <hwy/foreach_target.h>
// After foreach_target.h.
#include <hwy/highway.h>
#include "thrum/data/csv_find_byte_internal.h"

HWY_BEFORE_NAMESPACE();
namespace thrum::csv::HWY_NAMESPACE {

/// Of whole words of 64 bytes from `begin` on, behind the last of which `begin` stands then. REQUIRES: two bytes
/// before.
Census count_words(std::string_view text, std::size_t& begin, std::size_t end, BlankLines blank_lines) {
  Census sum;
  std::uint64_t quotes = 0, nuls = 0;
  std::uint64_t line_before = text[begin - 1] == '\n';
  std::uint64_t empty_before = text[begin - 1] == '\r' && text[begin - 2] == '\n';
  for (; begin + 64 <= end; begin += 64) {
    const char* const p = text.data() + begin;
    const std::uint64_t lines = find_byte(p, '\n');
    std::uint64_t blank = 0;
    if (blank_lines == BlankLines::skipped) {
      const std::uint64_t behind_line = lines << 1 | line_before;
      const std::uint64_t returns = find_byte(p, '\r') & behind_line;
      blank = behind_line | returns << 1 | empty_before;
      line_before = lines >> 63;
      empty_before = returns >> 63;
    }
    sum.rows += static_cast<std::size_t>(std::popcount(lines & ~blank));
    quotes |= find_byte(p, '"');
    nuls |= find_byte(p, '\0');
  }
  sum.quote = quotes != 0;
  sum.nul = nuls != 0;
  return sum;
}

}  // namespace thrum::csv::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace thrum::csv {

HWY_EXPORT(count_words);

bool ends_row(std::string_view text, std::size_t i, BlankLines blank_lines) noexcept {
  if (blank_lines == BlankLines::rows || text[i] != '\n') return text[i] == '\n';
  if (i == 0 || text[i - 1] == '\n') return false;
  return text[i - 1] != '\r' || (i >= 2 && text[i - 2] != '\n');
}

Census take_census(std::string_view text, std::size_t begin, std::size_t end, BlankLines blank_lines) noexcept {
  Census sum;
  const auto look_at_each = [&](std::size_t end_of_these) {
    for (; begin < end_of_these; ++begin) {
      sum.rows += ends_row(text, begin, blank_lines);
      sum.quote |= text[begin] == '"';
      sum.nul |= text[begin] == '\0';
    }
  };
  look_at_each(std::min<std::size_t>(end, 2));
  if (begin < end) {
    const Census words = HWY_DYNAMIC_DISPATCH(count_words)(text, begin, end, blank_lines);
    sum = {sum.rows + words.rows, sum.quote || words.quote, sum.nul || words.nul};
  }
  look_at_each(end);
  return sum;
}

}  // namespace thrum::csv
#endif  // HWY_ONCE
