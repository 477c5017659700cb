#include "thrum/data/generate.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "thrum/core/assert.h"
#include "thrum/core/error.h"
#include "thrum/core/names.h"
#include "thrum/data/ordered_blocks_internal.h"
#include "thrum/data/row_generator_internal.h"
#include "thrum/runtime/file.h"

namespace thrum {
namespace {

constexpr std::size_t rows_per_block = 4096;

struct Generator {
  std::string_view name;
  std::string_view target;
  std::unique_ptr<RowGenerator> (*make)(std::uint64_t seed);
};

constexpr std::array<Generator, 4> generators = {{{"higgs-like", "label", higgs_like},
                                                  {"airline-like", "delayed", airline_like},
                                                  {"sparse", "label", sparse},
                                                  {"wide", "label", wide}}};

const Generator& find_generator(std::string_view name) {
  const auto found =
      std::find_if(generators.begin(), generators.end(), [&](const Generator& g) { return g.name == name; });
  if (found != generators.end()) return *found;
  const std::vector<std::string> names = generator_names();
  const std::string hint = nearest_hint(name, names);
  throw Error(ErrorCode::invalid_argument, fmt::format("[generate] there is no generator \"{}\"", name),
              hint.empty() ? fmt::format("one of: {}", fmt::join(names, ", ")) : hint);
}

double power_of_ten(int exponent) {
  double power = 1;
  for (int i = 0; i < exponent; ++i) power *= 10;
  return power;
}

/// What was drawn for each column.
std::vector<std::vector<std::int64_t>> draw_columns(const RowGenerator& generator, std::size_t n_rows,
                                                    const Execution& execution) {
  const std::size_t n_columns = generator.columns().size();
  std::vector<std::vector<std::int64_t>> drawn(n_columns, std::vector<std::int64_t>(n_rows));
  const auto body = [&](std::size_t begin, std::size_t end) {
    std::vector<std::int64_t> values(n_columns);
    for (std::size_t row = begin; row < end; ++row) {
      generator.fill_row(row, values);
      for (std::size_t c = 0; c < n_columns; ++c) drawn[c][row] = values[c];
    }
  };
  parallel_for(*execution.arena, n_rows, rows_per_block, body, execution.stop);
  return drawn;
}

bool is_missing(std::int64_t drawn) {
  return drawn == RowGenerator::missing;
}

Column number_column(const GeneratedColumn& column, std::vector<std::int64_t> drawn) {
  const bool any_missing = std::any_of(drawn.begin(), drawn.end(), is_missing);
  if (column.decimals == 0 && !any_missing) return Column::int64(column.name, std::move(drawn));
  // One division of two exact numbers rounds as reading the decimals does.
  const double unit = power_of_ten(column.decimals);
  std::vector<double> values(drawn.size());
  std::transform(drawn.begin(), drawn.end(), values.begin(), [&](std::int64_t k) {
    return is_missing(k) ? std::numeric_limits<double>::quiet_NaN() : static_cast<double>(k) / unit;
  });
  return Column::float64(column.name, std::move(values));
}

/// Only categories that occur, as a reader of the file would have them.
Column category_column(const GeneratedColumn& column, const std::vector<std::int64_t>& drawn) {
  std::vector<std::int32_t> new_code(column.categories.size(), -1);
  for (const std::int64_t code : drawn) {
    if (!is_missing(code)) new_code[static_cast<std::size_t>(code)] = 0;
  }
  std::vector<std::string> categories;
  for (std::size_t code = 0; code < new_code.size(); ++code) {
    if (new_code[code] < 0) continue;
    new_code[code] = static_cast<std::int32_t>(categories.size());
    categories.push_back(column.categories[code]);
  }
  if (categories.empty()) return number_column(column, drawn);
  std::vector<std::int32_t> codes(drawn.size(), -1);
  std::transform(drawn.begin(), drawn.end(), codes.begin(),
                 [&](std::int64_t code) { return is_missing(code) ? -1 : new_code[static_cast<std::size_t>(code)]; });
  return Column::category(column.name, std::move(codes), std::move(categories));
}

/// k / 10^decimals, with all its decimals.
void append_decimal(std::string& text, std::int64_t k, int decimals) {
  char digits[24];
  const char* const end = std::to_chars(digits, digits + sizeof digits, k < 0 ? -k : k).ptr;
  const auto n = static_cast<int>(end - digits);
  if (k < 0) text += '-';
  if (n <= decimals) text += '0';
  text.append(digits, static_cast<std::size_t>(std::max(n - decimals, 0)));
  if (decimals == 0) return;
  text += '.';
  text.append(static_cast<std::size_t>(std::max(decimals - n, 0)), '0');
  text.append(end - std::min(n, decimals), end);
}

void append_field(std::string& text, const GeneratedColumn& column, std::int64_t drawn) {
  if (is_missing(drawn)) return;
  if (column.categories.empty()) {
    append_decimal(text, drawn, column.decimals);
  } else {
    text += column.categories[static_cast<std::size_t>(drawn)];
  }
}

std::string header_text(std::span<const GeneratedColumn> columns) {
  std::string text;
  for (const GeneratedColumn& column : columns) text += column.name + ',';
  text.back() = '\n';
  return text;
}

std::string rows_text(const RowGenerator& generator, std::size_t begin, std::size_t end) {
  const auto columns = generator.columns();
  std::vector<std::int64_t> values(columns.size());
  std::string text;
  for (std::size_t row = begin; row < end; ++row) {
    generator.fill_row(row, values);
    for (std::size_t c = 0; c < columns.size(); ++c) {
      append_field(text, columns[c], values[c]);
      text += ',';
    }
    text.back() = '\n';
  }
  return text;
}

}  // namespace

std::vector<std::string> generator_names() {
  std::vector<std::string> names;
  for (const Generator& generator : generators) names.emplace_back(generator.name);
  return names;
}

std::string generator_target(std::string_view generator) {
  return std::string(find_generator(generator).target);
}

Table generate(std::string_view generator, std::size_t rows, const Execution& execution) {
  THRUM_ASSERT(rows > 0);
  const auto maker = find_generator(generator).make(execution.seed);
  auto drawn = draw_columns(*maker, rows, execution);
  auto columns = parallel_map(
      *execution.arena, drawn.size(),
      [&](std::size_t c) {
        const GeneratedColumn& column = maker->columns()[c];
        return column.categories.empty() ? number_column(column, std::move(drawn[c]))
                                         : category_column(column, drawn[c]);
      },
      execution.stop);
  return Table(std::move(columns), std::string(generator));
}

void generate_csv(std::string_view generator, std::size_t rows, const std::filesystem::path& path,
                  const Execution& execution) {
  THRUM_ASSERT(rows > 0);
  const auto maker = find_generator(generator).make(execution.seed);
  const auto text_of = [&](std::size_t block) {
    const std::size_t begin = block * rows_per_block;
    return rows_text(*maker, begin, std::min(begin + rows_per_block, rows));
  };
  write_file(path, [&](FileWriter& file) {
    file.write(std::string_view(header_text(maker->columns())));
    write_ordered_blocks(file, (rows + rows_per_block - 1) / rows_per_block, text_of, execution);
  });
}

}  // namespace thrum
