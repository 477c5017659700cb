#include "thrum/data/csv_plain_rows_internal.h"

#include <algorithm>
#include <bit>
#include <limits>

// The bits of a vector's lanes fit into a word.
#define HWY_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "thrum/data/csv_plain_rows.cc"
#include <hwy/foreach_target.h>
// After foreach_target.h.
#include <hwy/highway.h>

#include "thrum/data/csv_find_byte_internal.h"

HWY_BEFORE_NAMESPACE();
namespace thrum::csv::HWY_NAMESPACE {

/// Writes the places of the bits to `out`: always some at once, since how many there are cannot be predicted. Returns
/// where the next ones belong.
HWY_INLINE std::uint32_t* write_places(std::uint64_t bits, std::uint32_t begin, std::uint32_t* out) {
  std::uint32_t* const end = out + std::popcount(bits);
  do {
    for (std::size_t i = 0; i < 8; ++i) {
      *out++ = begin + static_cast<std::uint32_t>(std::countr_zero(bits));
      bits &= bits - 1;
    }
  } while (out < end);
  return end;
}

/// Goes on through whole words of 64 bytes, and one byte behind them, until there are `enough` ends.
PlainRows::Search search(std::string_view text, char delimiter, std::uint32_t* ends, std::size_t enough,
                         PlainRows::Search so_far) {
  std::uint32_t* out = ends + so_far.n_ends;
  while (so_far.plain && so_far.n_looked_at + 64 < text.size() && out < ends + enough) {
    const char* const p = text.data() + so_far.n_looked_at;
    const std::uint64_t lines = find_byte(p, '\n');
    const std::uint64_t returns = find_byte(p, '\r');
    so_far.plain = find_byte(p, '"') == 0 && (returns == 0 || (returns & ~find_byte(p + 1, '\n')) == 0);
    if (HWY_UNLIKELY(!so_far.plain)) break;
    so_far.n_lines += static_cast<std::size_t>(std::popcount(lines));
    out = write_places(lines | find_byte(p, delimiter), static_cast<std::uint32_t>(so_far.n_looked_at), out);
    so_far.n_looked_at += 64;
  }
  so_far.n_ends = static_cast<std::size_t>(out - ends);
  return so_far;
}

}  // namespace thrum::csv::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace thrum::csv {
namespace {

HWY_EXPORT(search);

/// Rows at once: as many as are parsed together, or several times that while their text and the ends stay in the first
/// cache; fewer where they are long.
std::size_t rows_at_once(std::size_t n_columns) {
  constexpr std::size_t fields = 2048, most_fields = 16384, together = FieldEnds::most_rows;
  const std::size_t rows = fields / n_columns / together * together;
  return rows > 0 ? rows : std::clamp<std::size_t>(most_fields / n_columns, 1, together);
}

/// The first field begins behind it, at 0.
constexpr std::uint32_t before_text = std::numeric_limits<std::uint32_t>::max();

/// What is written at once reaches so far behind the ends that are wanted.
constexpr std::size_t slack = 64 + 8 + 64;

/// The rest of a text, at most 64 bytes.
PlainRows::Search search_rest(std::string_view text, char delimiter, std::uint32_t* ends, PlainRows::Search so_far) {
  for (std::size_t& i = so_far.n_looked_at; i < text.size() && so_far.plain; ++i) {
    const char c = text[i];
    so_far.plain = c != '"' && (c != '\r' || (i + 1 < text.size() && text[i + 1] == '\n'));
    so_far.n_lines += c == '\n';
    if (c == '\n' || c == delimiter) ends[so_far.n_ends++] = static_cast<std::uint32_t>(i);
  }
  return so_far;
}

}  // namespace

PlainRows::PlainRows(std::string_view text, char delimiter, std::size_t n_columns)
    : text_(text),
      delimiter_(delimiter),
      n_columns_(n_columns),
      enough_(1 + std::max(n_columns, std::min(text.size(), n_columns * rows_at_once(n_columns)))),
      ends_(enough_ + slack) {
  ends_[0] = before_text;
  found_.plain = text.size() < before_text;
}

bool PlainRows::next() {
  const auto rest = ends_.begin() + static_cast<std::ptrdiff_t>(n_rows_ * n_columns_);
  std::copy(rest, ends_.begin() + static_cast<std::ptrdiff_t>(found_.n_ends), ends_.begin());
  found_.n_ends -= n_rows_ * n_columns_;
  found_.n_lines -= n_rows_;
  found_ = HWY_DYNAMIC_DISPATCH(search)(text_, delimiter_, ends_.data(), enough_, found_);
  if (text_.size() - found_.n_looked_at <= 64) found_ = search_rest(text_, delimiter_, ends_.data(), found_);
  n_rows_ = are_rows() ? std::min(found_.n_lines, rows_at_once(n_columns_)) : 0;
  return n_rows_ > 0;
}

/// Whether line feeds end the rows that are there, and nothing else.
bool PlainRows::are_rows() const noexcept {
  const std::size_t n = (found_.n_ends - 1) / n_columns_;
  bool are = found_.n_lines == n;
  for (std::size_t row = 0; row < n; ++row) are &= row_end(row)[-1] == '\n';
  return are;
}

}  // namespace thrum::csv
#endif  // HWY_ONCE
