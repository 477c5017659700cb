#include "thrum/data/write_csv.h"

#include <algorithm>
#include <charconv>
#include <string>
#include <vector>

#include "thrum/core/assert.h"
#include "thrum/data/csv.h"
#include "thrum/data/csv_missing_internal.h"
#include "thrum/data/ordered_blocks_internal.h"

namespace thrum {
namespace {

constexpr std::size_t rows_per_block = 4096;

template <class T>
void append_number(std::string& text, T value) {
  char digits[32];
  text.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
}

std::string in_quotes(std::string_view text) {
  std::string field = "\"";
  for (const char c : text) {
    if (c == '"') field += '"';
    field += c;
  }
  return field += '"';
}

/// Names are quoted around whatever could be taken for a delimiter.
std::string name_field(const std::string& name) {
  return name.empty() || name.find_first_of(",;|\t\"\r\n") != std::string::npos ? in_quotes(name) : name;
}

class CsvText {
 public:
  explicit CsvText(const Table& table)
      : table_(table), missing_(table.n_columns() == 1 ? "NA" : ""), category_fields_(table.n_columns()) {
    const csv::MissingMarkers markers(CsvOptions().missing);
    for (std::size_t c = 0; c < table.n_columns(); ++c) {
      if (table.columns()[c].type() != ColumnType::category) continue;
      for (const std::string& category : table.columns()[c].categories()) {
        const bool plain = category.find_first_of(",\"\r\n") == std::string::npos && !markers.contain(category);
        category_fields_[c].push_back(plain ? category : in_quotes(category));
      }
    }
  }

  std::string header() const {
    std::string text;
    for (const Column& column : table_.columns()) text += name_field(column.name()) + ',';
    text.back() = '\n';
    return text;
  }

  std::string rows(std::size_t begin, std::size_t end) const {
    std::string text;
    for (std::size_t row = begin; row < end; ++row) {
      for (std::size_t c = 0; c < table_.n_columns(); ++c) {
        append_field(text, c, row);
        text += ',';
      }
      text.back() = '\n';
    }
    return text;
  }

 private:
  void append_field(std::string& text, std::size_t c, std::size_t row) const {
    const Column& column = table_.columns()[c];
    if (column.is_missing(row)) {
      text += missing_;
    } else if (column.type() == ColumnType::category) {
      text += category_fields_[c][static_cast<std::size_t>(column.codes()[row])];
    } else if (column.type() == ColumnType::int64) {
      append_number(text, column.int64()[row]);
    } else {
      append_number(text, column.float64()[row]);
    }
  }

  const Table& table_;
  const std::string missing_;
  std::vector<std::vector<std::string>> category_fields_;  ///< of each category column, as they are written
};

}  // namespace

StagedFile stage_csv(const Table& table, const std::filesystem::path& path, const Execution& execution) {
  THRUM_ASSERT(table.n_columns() > 0);
  const CsvText csv(table);
  const auto rows_of = [&](std::size_t block) {
    const std::size_t begin = block * rows_per_block;
    return csv.rows(begin, std::min(begin + rows_per_block, table.n_rows()));
  };
  const auto fill = [&](FileWriter& file) {
    file.write(std::string_view(csv.header()));
    write_ordered_blocks(file, (table.n_rows() + rows_per_block - 1) / rows_per_block, rows_of, execution);
  };
  return {path, fill};
}

void write_csv(const Table& table, const std::filesystem::path& path, const Execution& execution) {
  stage_csv(table, path, execution).publish();
}

}  // namespace thrum
