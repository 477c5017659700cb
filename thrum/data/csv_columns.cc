#include "thrum/data/csv_columns_internal.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cstring>

#include "thrum/core/assert.h"
#include "thrum/core/printable.h"
#include "thrum/data/column_values.h"
#include "thrum/data/csv_field_internal.h"
#include "thrum/data/memory_bound_internal.h"
#include "thrum/data/zeroed_memory_internal.h"

namespace thrum::csv {
namespace {

constexpr std::size_t npos = std::string_view::npos;

/// A column while it is parsed.
struct Raw {
  Parse parse = Parse::whole;                 ///< what it begins as in each block
  ColumnValues<std::int64_t> wholes = {};     ///< of all rows: memory for a column that begins as Parse::whole
  ColumnValues<double> reals = {};            ///< the same for Parse::real
  ColumnValues<std::int32_t> codes = {};      ///< of all rows, each in the numbering of its block
  std::vector<Dictionary> dictionaries = {};  ///< one for each block
  std::vector<Parse> parts = {};              ///< what each block has found

  std::size_t value_size() const { return codes.empty() ? 8 : 4; }
  std::byte* value(std::size_t row) {
    if (!codes.empty()) return reinterpret_cast<std::byte*>(codes.data() + row);
    return reals.empty() ? reinterpret_cast<std::byte*>(wholes.data() + row)
                         : reinterpret_cast<std::byte*>(reals.data() + row);
  }
  Slots numbers(std::size_t row) { return Slots(value(row)); }
};

/// What the first rows are looked at for takes no more memory than this, in numbers.
constexpr std::size_t most_first_numbers = std::size_t{1} << 17;

struct TooLarge {
  std::size_t offset;
  std::size_t column;
};

class ColumnParser {
 public:
  ColumnParser(const Source& source, const Format& format, const Rows& rows, std::size_t n_columns,
               const Execution& execution)
      : source_(source),
        format_(format),
        rows_(rows),
        execution_(execution),
        raw_(n_columns),
        too_large_(rows.blocks.size()) {}

  std::vector<Column> parse(const std::vector<std::string>& names) {
    check_column_room(raw_.size(), source_.name, execution_);
    refuse_short_rows();
    look_at_first_rows();
    parse_blocks();
    parse_again_where_texts_turned_up();
    refuse_too_large_numbers();
    return make_columns(names);
  }

 private:
  void refuse_short_rows() const;
  void look_at_first_rows();
  void parse_blocks();
  void parse_block(std::size_t block);
  void parse_again_where_texts_turned_up();
  void refuse_too_large_numbers() const;
  std::vector<Column> make_columns(const std::vector<std::string>& names);

  void allocate(Raw& raw) const;
  void allocate_on_disk();
  void allocate_all();
  Cells cells_of(Raw& raw, std::size_t block, std::byte* values) const;
  void store(std::size_t block, std::span<const std::uint64_t> gathered);
  Column number_column(const std::string& name, Raw& raw) const;
  Column category_column(const std::string& name, Raw& raw, std::size_t& not_utf8) const;

  const Source& source_;
  const Format& format_;
  const Rows& rows_;
  const Execution& execution_;
  std::vector<Raw> raw_;
  std::vector<std::vector<TooLarge>> too_large_;  ///< of each block
  std::atomic<std::size_t> bytes_done_ = 0;
};

/// A field takes a byte at least, with what ends it. Where a block has not enough of them for so many rows, memory is
/// not asked for: one row is too short, and parsing finds it.
void ColumnParser::refuse_short_rows() const {
  const auto is_short = [&](const RowBlock& block) { return block.n_rows > (block.text.size() + 1) / raw_.size(); };
  if (std::ranges::none_of(rows_.blocks, is_short)) return;
  std::vector<Cells> cells(raw_.size());
  for (const RowBlock& block : rows_.blocks) parse_rows(source_, format_, block, block.n_rows, cells);
  THRUM_ASSERT(false);
}

/// Most columns show at once what they are. Texts need not be tried as numbers then, and numbers go straight into the
/// memory where they stay.
void ColumnParser::look_at_first_rows() {
  const RowBlock& first = rows_.blocks.front();
  const std::size_t most = std::clamp<std::size_t>(most_first_numbers / raw_.size(), 1, 100);
  const std::size_t n = std::min<std::size_t>(first.n_rows, most);
  std::vector<std::int64_t> scratch(n * raw_.size());
  std::vector<Cells> cells(raw_.size());
  for (std::size_t c = 0; c < raw_.size(); ++c)
    cells[c] = {.parse = Parse::whole, .numbers = Slots(reinterpret_cast<std::byte*>(scratch.data() + c * n))};
  parse_rows(source_, format_, first, n, cells);
  for (std::size_t c = 0; c < raw_.size(); ++c) {
    raw_[c].parse = cells[c].parse == Parse::skip ? Parse::category : cells[c].parse;
  }
}

void ColumnParser::allocate(Raw& raw) const {
  if (raw.parse == Parse::whole) raw.wholes = column_values<std::int64_t>(rows_.n_rows, nullptr);
  if (raw.parse == Parse::real) raw.reals = column_values<double>(rows_.n_rows, nullptr);
  if (raw.parse == Parse::category) raw.codes = column_values<std::int32_t>(rows_.n_rows, nullptr);
}

/// On the disk, columns share pieces.
void ColumnParser::allocate_on_disk() {
  const auto count = [&](Parse parse) {
    return static_cast<std::size_t>(std::ranges::count(raw_, parse, &Raw::parse));
  };
  const auto values = [&]<class T>(T, Parse parse) {
    const std::size_t n = count(parse);
    return n == 0 ? std::vector<ColumnValues<T>>() : column_values<T>(rows_.n_rows, n, execution_.scratch);
  };
  auto wholes = values(std::int64_t(), Parse::whole);
  auto reals = values(double(), Parse::real);
  auto codes = values(std::int32_t(), Parse::category);
  std::size_t n_wholes = 0, n_reals = 0, n_codes = 0;
  for (Raw& raw : raw_) {
    if (raw.parse == Parse::whole) raw.wholes = std::move(wholes[n_wholes++]);
    if (raw.parse == Parse::real) raw.reals = std::move(reals[n_reals++]);
    if (raw.parse == Parse::category) raw.codes = std::move(codes[n_codes++]);
  }
}

void ColumnParser::allocate_all() {
  for (Raw& raw : raw_) {
    if (raw.parse == Parse::skip) continue;
    raw.parts.resize(rows_.blocks.size());
    raw.wholes = {};
    raw.reals = {};
    if (raw.parse == Parse::category) raw.dictionaries.resize(rows_.blocks.size());
  }
  if (execution_.scratch != nullptr) return allocate_on_disk();
  execution_.arena->run(raw_.size(), [&](std::size_t c) { allocate(raw_[c]); }, execution_.stop);
}

Cells ColumnParser::cells_of(Raw& raw, std::size_t block, std::byte* values) const {
  if (raw.parse != Parse::category) return {.parse = raw.parse, .numbers = Slots(values)};
  return {.parse = raw.parse, .codes = reinterpret_cast<std::int32_t*>(values), .dictionary = &raw.dictionaries[block]};
}

void ColumnParser::parse_block(std::size_t block) {
  const RowBlock& rows = rows_.blocks[block];
  // Within a limit of memory a row of many columns would bring a page of each into it, and the next row again: the
  // values of a block are gathered first.
  std::vector<std::uint64_t> gathered(execution_.scratch == nullptr ? 0 : raw_.size() * rows.n_rows);
  std::vector<Cells> cells(raw_.size());
  for (std::size_t c = 0; c < raw_.size(); ++c) {
    if (raw_[c].parse == Parse::skip) continue;
    std::byte* const values = gathered.empty() ? raw_[c].value(rows.first_row)
                                               : reinterpret_cast<std::byte*>(gathered.data() + c * rows.n_rows);
    cells[c] = cells_of(raw_[c], block, values);
  }
  parse_rows(source_, format_, rows, rows.n_rows, cells);
  for (std::size_t c = 0; c < raw_.size(); ++c) {
    if (raw_[c].parse == Parse::skip) continue;
    raw_[c].parts[block] = cells[c].parse;
    if (raw_[c].parse == Parse::category) raw_[c].dictionaries[block].close();
    if (cells[c].too_large != npos) too_large_[block].push_back({cells[c].too_large, c});
  }
  if (!gathered.empty()) store(block, gathered);
}

/// gathered: (n_columns, n_rows) values of up to 8 bytes.
void ColumnParser::store(std::size_t block, std::span<const std::uint64_t> gathered) {
  const RowBlock& rows = rows_.blocks[block];
  for (std::size_t c = 0; c < raw_.size(); ++c) {
    if (c % columns_between_looks == 0) execution_.keep_within_limit();
    if (raw_[c].parse == Parse::skip) continue;
    std::memcpy(raw_[c].value(rows.first_row), gathered.data() + c * rows.n_rows, rows.n_rows * raw_[c].value_size());
  }
}

void ColumnParser::parse_blocks() {
  allocate_all();
  const auto body = [&](std::size_t block) {
    parse_block(block);
    execution_.keep_within_limit();
    const std::size_t bytes = rows_.blocks[block].text.size();
    const std::size_t done = bytes_done_.fetch_add(bytes, std::memory_order_relaxed) + bytes;
    execution_.report({.stage = "read", .done = std::min(done, source_.text.size()), .total = source_.text.size()});
  };
  execution_.arena->run(rows_.blocks.size(), body, execution_.stop);
}

void ColumnParser::parse_again_where_texts_turned_up() {
  std::vector<Parse> found(raw_.size());
  for (std::size_t c = 0; c < raw_.size(); ++c) {
    const bool text = std::find(raw_[c].parts.begin(), raw_[c].parts.end(), Parse::skip) != raw_[c].parts.end();
    found[c] = text ? Parse::category : raw_[c].parse;
    raw_[c].parse = text ? Parse::category : Parse::skip;
  }
  const auto again = [](const Raw& raw) { return raw.parse != Parse::skip; };
  if (std::any_of(raw_.begin(), raw_.end(), again)) parse_blocks();
  for (std::size_t c = 0; c < raw_.size(); ++c) raw_[c].parse = found[c];
}

void ColumnParser::refuse_too_large_numbers() const {
  TooLarge first{npos, 0};
  for (const auto& block : too_large_) {
    for (const TooLarge& number : block) {
      if (raw_[number.column].parse != Parse::category && number.offset < first.offset) first = number;
    }
  }
  if (first.offset == npos) return;
  const char* const begin = source_.text.data();
  const Field field = scan_field(begin + first.offset, begin + source_.text.size(), format_.rows.delimiter);
  source_.fail(first.offset, first.column, fmt::format("{} is beyond the largest double", in_quotes(field.text)),
               "correct it, or leave the field empty");
}

Column ColumnParser::number_column(const std::string& name, Raw& raw) const {
  const auto whole = [](Parse part) { return part == Parse::whole; };
  if (std::all_of(raw.parts.begin(), raw.parts.end(), whole)) return Column::stored(name, std::move(raw.wholes));
  for (std::size_t b = 0; b < raw.parts.size(); ++b) {
    if (whole(raw.parts[b])) raw.numbers(rows_.blocks[b].first_row).whole_to_real(rows_.blocks[b].n_rows);
    execution_.keep_within_limit();
  }
  if (!raw.reals.empty()) return Column::stored(name, std::move(raw.reals));
  return Column::stored(name, std::move(raw.wholes).taken_for<double>());
}

Column ColumnParser::category_column(const std::string& name, Raw& raw, std::size_t& not_utf8) const {
  std::vector<const Dictionary*> dictionaries;
  for (const Dictionary& dictionary : raw.dictionaries) dictionaries.push_back(&dictionary);
  MergedDictionary merged = merge_dictionaries(dictionaries);
  not_utf8 = merged.first_not_utf8;
  for (std::size_t b = 0; b < rows_.blocks.size(); ++b) {
    std::int32_t* const begin = raw.codes.data() + rows_.blocks[b].first_row;
    for (std::int32_t* code = begin; code != begin + rows_.blocks[b].n_rows; ++code) {
      if (*code >= 0) *code = merged.codes[b][static_cast<std::size_t>(*code)];
    }
    execution_.keep_within_limit();
  }
  raw.dictionaries = {};
  return Column::stored(name, std::move(raw.codes), std::move(merged.categories));
}

std::vector<Column> ColumnParser::make_columns(const std::vector<std::string>& names) {
  std::vector<std::size_t> not_utf8(raw_.size(), npos);
  auto columns = parallel_map(
      *execution_.arena, raw_.size(),
      [&](std::size_t c) {
        Raw& raw = raw_[c];
        return raw.parse == Parse::category ? category_column(names[c], raw, not_utf8[c])
                                            : number_column(names[c], raw);
      },
      execution_.stop);
  const auto first = std::min_element(not_utf8.begin(), not_utf8.end());
  if (*first != npos) {
    source_.fail(*first, static_cast<std::size_t>(first - not_utf8.begin()), "the text is not UTF-8",
                 "convert it, such as with iconv -f latin1 -t utf-8");
  }
  return columns;
}

}  // namespace

std::vector<Column> parse_columns(const Source& source, const Format& format, const Rows& rows,
                                  const std::vector<std::string>& names, const Execution& execution) {
  return ColumnParser(source, format, rows, names.size(), execution).parse(names);
}

}  // namespace thrum::csv
