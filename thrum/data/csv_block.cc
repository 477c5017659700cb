#include "thrum/data/csv_block_internal.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <limits>
#include <optional>
#include <vector>

#include "thrum/core/assert.h"
#include "thrum/data/csv_field_internal.h"
#include "thrum/data/csv_number_internal.h"
#include "thrum/data/csv_plain_rows_internal.h"
#include "thrum/data/csv_short_texts_internal.h"

namespace thrum::csv {
namespace {

/// Where a field led to.
struct Step {
  const char* next;
  bool last;
};

class BlockParser {
 public:
  BlockParser(const Source& source, const Format& format, const RowBlock& block, std::span<Cells> cells)
      : source_(source), format_(format), block_(block), cells_(cells) {}

  void parse(std::size_t n_rows) {
    const char* p = block_.text.data();
    std::size_t row = 0;
    const bool fits = block_.text.size() <= source_.longest_field();
    if (fits && n_rows >= fewest_rows && cells_.size() <= most_columns) {
      short_texts_.resize(cells_.size());
      for (std::size_t column = 0; column < cells_.size(); ++column) {
        if (cells_[column].parse == Parse::category) short_texts_[column].emplace();
      }
      PlainRows plain(block_.text, format_.rows.delimiter, cells_.size());
      while (row < n_rows && plain.next()) {
        const std::size_t n = std::min(plain.size(), n_rows - row);
        for (std::size_t column = 0; column < cells_.size(); ++column) store_column(plain, n, row, column);
        row += n;
        p = plain.row_end(n - 1);
      }
    }
    for (; row < n_rows; ++row) p = parse_row(row_from(p), row);
    THRUM_ASSERT(n_rows < block_.n_rows || row_from(p) == end());
  }

 private:
  /// Where a column has fewer rows at a time, they are parsed one after the other.
  static constexpr std::size_t fewest_rows = 16;
  static constexpr std::size_t most_columns = 2048;

  const char* end() const { return block_.text.data() + block_.text.size(); }
  std::size_t offset(const char* p) const { return block_.offset + static_cast<std::size_t>(p - block_.text.data()); }

  /// Where the row after `p` begins.
  const char* row_from(const char* p) const {
    return format_.rows.blank_lines == BlankLines::rows ? p : skip_blank_lines(p, end());
  }

  /// A column of the first `n` plain rows, of which the first is `first_row`.
  void store_column(const PlainRows& plain, std::size_t n, std::size_t first_row, std::size_t column) {
    Cells& cells = cells_[column];
    if (cells.parse == Parse::category) return store_texts(plain, n, first_row, column);
    for (std::size_t i = 0; i < n && cells.parse != Parse::skip;) {
      if (format_.missing.any_number()) {
        store_field(cells, plain.field(i, column), first_row + i);
        ++i;
      } else {
        i += store_numbers(plain, i, std::min(n - i, FieldEnds::most_rows), first_row, column);
      }
    }
  }

  void store_texts(const PlainRows& plain, std::size_t n, std::size_t first_row, std::size_t column) {
    for (std::size_t i = 0; i < n; i += FieldEnds::most_rows) {
      store_some_texts(plain, i, std::min(n - i, FieldEnds::most_rows), first_row, column);
    }
  }

  /// Of rows [begin, begin + n), n <= FieldEnds::most_rows.
  void store_some_texts(const PlainRows& plain, std::size_t begin, std::size_t n, std::size_t first_row,
                        std::size_t column) {
    const FieldEnds ends = plain.ends_from(begin, column);
    ShortTexts& short_texts = *short_texts_[column];
    std::int32_t* const codes = cells_[column].codes + first_row + begin;
    std::uint64_t others = ~short_texts.find(ends, n, codes);
    for (others &= ~std::uint64_t{0} >> (64 - n); others != 0; others &= others - 1) {
      const auto i = static_cast<std::size_t>(std::countr_zero(others));
      const std::string_view text = plain.field(begin + i, column);
      codes[i] = format_.missing.contain(text) ? -1 : cells_[column].dictionary->code(text, end(), offset(text.data()));
      short_texts.keep(plain.ends_from(begin + i, column), codes[i]);
    }
  }

  /// Of rows [begin, begin + n), n <= FieldEnds::most_rows, as many as keep the column what it is, and one more.
  /// Returns their number.
  std::size_t store_numbers(const PlainRows& plain, std::size_t begin, std::size_t n, std::size_t first_row,
                            std::size_t column) {
    Cells& cells = cells_[column];
    const Parse parse = cells.parse;
    const FieldEnds ends = plain.ends_from(begin, column);
    std::uint64_t others =
        ~(parse == Parse::whole ? read_short_wholes(ends, n, cells.numbers.from<std::int64_t>(first_row + begin))
                                : read_short_reals(ends, n, cells.numbers.from<double>(first_row + begin)));
    for (others &= ~std::uint64_t{0} >> (64 - n); others != 0; others &= others - 1) {
      const auto i = static_cast<std::size_t>(std::countr_zero(others));
      store_field(cells, plain.field(begin + i, column), first_row + begin + i);
      if (cells.parse != parse) return i + 1;
    }
    return n;
  }

  void store_field(Cells& cells, std::string_view text, std::size_t row) const {
    store_field(cells, {.text = text, .next = nullptr, .last = false}, row, text.data());
  }

  const char* parse_row(const char* row_begin, std::size_t row) {
    const char* p = row_begin;
    for (std::size_t column = 0; column < cells_.size(); ++column) {
      const Step step = cells_[column].parse <= Parse::real ? number_field(p, row, column) : text_field(p, row, column);
      if (step.last != (column + 1 == cells_.size())) fail_length(row_begin);
      p = step.next;
    }
    return p;
  }

  Step number_field(const char* p, std::size_t row, std::size_t column) {
    const Number number = scan_number(p);
    if (number.kind != Number::Kind::none && !format_.missing.any_number()) {
      if (*number.end == format_.rows.delimiter) {
        store(cells_[column], number, row, p);
        return {number.end + 1, false};
      }
      if (const std::size_t length = line_end_length(number.end, end()); length > 0) {
        store(cells_[column], number, row, p);
        return {number.end + length, true};
      }
    }
    return text_field(p, row, column);
  }

  Step text_field(const char* p, std::size_t row, std::size_t column) {
    const Field field = scan_field(source_, p, end(), format_.rows.delimiter, offset(p), column);
    if (field.fault != Fault::none) fail_field(source_, field, offset(field.next), column);
    store_field(cells_[column], field, row, p);
    return {field.next, field.last};
  }

  /// `p`: where the field begins, perhaps with a quote.
  void store_field(Cells& cells, const Field& field, std::size_t row, const char* p) const {
    if (cells.parse == Parse::category) {
      cells.codes[row] = code(*cells.dictionary, field, p);
    } else if (cells.parse != Parse::skip) {
      const Number number = format_.missing.any_number() ? Number{} : scan_number(field.text.data());
      const bool is_all = number.kind != Number::Kind::none && number.end == field.text.data() + field.text.size();
      if (is_all) return store(cells, number, row, p);
      store_text(cells, field.text, row, p);
    }
  }

  std::int32_t code(Dictionary& dictionary, const Field& field, const char* p) const {
    if (!field.quoted && format_.missing.contain(field.text)) return -1;
    if (field.escaped) return dictionary.code_of_copy(unescape(field.text), offset(p));
    return dictionary.code(field.text, end(), offset(p));
  }

  /// What is no plain number, in a column of numbers so far.
  void store_text(Cells& cells, std::string_view text, std::size_t row, const char* p) const {
    constexpr double missing = std::numeric_limits<double>::quiet_NaN();
    if (format_.missing.contain(text)) return store(cells, {.kind = Number::Kind::real, .real = missing}, row, p);
    const Number number = parse_number(text);
    if (number.kind == Number::Kind::none) {
      cells.parse = Parse::skip;
    } else {
      store(cells, number, row, p);
    }
  }

  void store(Cells& cells, const Number& number, std::size_t row, const char* p) const {
    const bool whole = number.kind == Number::Kind::whole;
    if (cells.parse == Parse::whole) {
      if (whole) {
        cells.numbers.store(row, number.whole);
        return;
      }
      cells.numbers.whole_to_real(row);
      cells.parse = Parse::real;
    }
    if (number.kind == Number::Kind::too_large) cells.too_large = std::min(cells.too_large, offset(p));
    cells.numbers.store(row, whole ? static_cast<double>(number.whole) : number.real);
  }

  [[noreturn]] void fail_length(const char* row_begin) const;

  const Source& source_;
  const Format& format_;
  const RowBlock& block_;
  std::span<Cells> cells_;
  std::vector<std::optional<ShortTexts>> short_texts_ = {};  ///< of columns of texts
};

void BlockParser::fail_length(const char* row_begin) const {
  std::size_t n = 0;
  for (Field field{.text = {}, .next = row_begin, .last = false}; !field.last && field.fault == Fault::none; ++n) {
    field = scan_field(field.next, end(), format_.rows.delimiter);
  }
  const std::string delimiter =
      format_.rows.delimiter == '\t' ? "a tab" : fmt::format("\"{}\"", format_.rows.delimiter);
  source_.fail(fmt::format("line {} has {} field{}, the {} has {}", source_.line(offset(row_begin)), n,
                           n == 1 ? "" : "s", format_.header ? "header" : "first row", cells_.size()),
               n > cells_.size() ? fmt::format("a field that contains {} must be quoted", delimiter)
                                 : "a field that contains a line break must be quoted");
}

}  // namespace

void parse_rows(const Source& source, const Format& format, const RowBlock& block, std::size_t n_rows,
                std::span<Cells> cells) {
  BlockParser(source, format, block, cells).parse(n_rows);
}

}  // namespace thrum::csv
