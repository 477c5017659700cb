#include "thrum/cli/column_summary.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>

#include "thrum/core/printable.h"
#include "thrum/data/csv_number_internal.h"
#include "thrum/runtime/parallel.h"

namespace thrum::cli {
namespace {

using Counts = std::vector<std::pair<std::string, std::size_t>>;

std::vector<double> present_numbers(const Column& column) {
  std::vector<double> numbers;
  numbers.reserve(column.size());
  for (std::size_t row = 0; row < column.size(); ++row) {
    if (const double value = column.number(row); !std::isnan(value)) numbers.push_back(value);
  }
  return numbers;
}

void summarize_numbers(const Column& column, ColumnSummary& summary) {
  std::vector<double> numbers = present_numbers(column);
  std::sort(numbers.begin(), numbers.end());
  const bool none = numbers.empty();
  summary.low = none ? std::numeric_limits<double>::quiet_NaN() : numbers.front();
  summary.high = none ? std::numeric_limits<double>::quiet_NaN() : numbers.back();
  double mean = 0;
  for (std::size_t i = 0; i < numbers.size(); ++i) mean += (numbers[i] - mean) / static_cast<double>(i + 1);
  summary.mean = none ? std::numeric_limits<double>::quiet_NaN() : mean;
  summary.n_distinct = static_cast<std::size_t>(std::unique(numbers.begin(), numbers.end()) - numbers.begin());
}

Counts category_counts(const Column& column) {
  Counts counts;
  for (const std::string& category : column.categories()) counts.emplace_back(category, 0);
  for (const std::int32_t code : column.codes()) {
    if (code >= 0) ++counts[static_cast<std::size_t>(code)].second;
  }
  return counts;
}

void summarize_categories(const Column& column, ColumnSummary& summary) {
  constexpr std::size_t most_shown = 5;
  Counts counts = category_counts(column);
  summary.n_distinct = counts.size();
  std::sort(counts.begin(), counts.end(), [](const auto& a, const auto& b) {
    return a.second > b.second || (a.second == b.second && a.first < b.first);
  });
  counts.resize(std::min(counts.size(), most_shown));
  summary.most_frequent = std::move(counts);
}

/// In quotes where it would look like no text at all.
std::string category_text(const std::string& category) {
  const bool has_bare_ends = category.empty() || category.front() == ' ' || category.back() == ' ';
  return has_bare_ends ? in_quotes(category) : printable(category);
}

bool is_number_with_commas(std::string text) {
  std::ranges::replace(text, ',', '.');
  return csv::is_number(text);
}

ColumnSummary summarize_column(const Column& column) {
  ColumnSummary summary;
  summary.name = column.name();
  summary.type = column.type();
  summary.n_missing = column.n_missing();
  if (column.type() == ColumnType::category) {
    summarize_categories(column, summary);
  } else {
    summarize_numbers(column, summary);
  }
  return summary;
}

}  // namespace

std::vector<ColumnSummary> summarize(const Table& table, const Execution& execution) {
  return parallel_map(
      *execution.arena, table.n_columns(), [&](std::size_t j) { return summarize_column(table.columns()[j]); },
      execution.stop);
}

std::vector<std::pair<std::string, std::size_t>> value_counts(const Column& column) {
  if (column.type() == ColumnType::category) return category_counts(column);
  std::vector<double> numbers = present_numbers(column);
  std::sort(numbers.begin(), numbers.end());
  Counts counts;
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    if (i == 0 || numbers[i] != numbers[i - 1]) counts.emplace_back(fmt::format("{}", numbers[i]), 0);
    ++counts.back().second;
  }
  return counts;
}

std::string texts_remark(const Column& column) {
  if (column.type() != ColumnType::category || column.categories().empty()) return "";
  const std::span<const std::string> texts = column.categories();
  if (std::ranges::all_of(texts, is_number_with_commas)) {
    return "has numbers with commas, which count as categories: write them with decimal points";
  }
  const auto n_numbers = static_cast<std::size_t>(std::ranges::count_if(texts, csv::is_number));
  if (n_numbers < 9 * (texts.size() - n_numbers)) return "";
  return fmt::format(
      "has numbers but for texts such as {}, which make all of them categories: correct those fields, or leave "
      "them empty",
      in_quotes(*std::ranges::find_if_not(texts, csv::is_number)));
}

Json summary_json(const ColumnSummary& summary) {
  Json object = {{"name", summary.name},
                 {"type", column_type_name(summary.type)},
                 {"missing", summary.n_missing},
                 {"distinct", summary.n_distinct}};
  if (summary.type == ColumnType::category) {
    Json values = Json::object();
    for (const auto& [value, count] : summary.most_frequent) values[value] = count;
    object["most_frequent"] = values;
  } else {
    object["min"] = json_number(summary.low);
    object["mean"] = json_number(summary.mean);
    object["max"] = json_number(summary.high);
  }
  return object;
}

std::string values_text(const ColumnSummary& summary, std::size_t n_rows) {
  if (summary.n_missing == n_rows) return "every value is missing";
  if (summary.type != ColumnType::category) {
    // Of infinite values of both signs there is none.
    const std::string mean = std::isnan(summary.mean) ? "-" : fmt::format("{:.6g}", summary.mean);
    return fmt::format("{:.6g} … {:.6g}, mean {}", summary.low, summary.high, mean);
  }
  std::string text;
  for (const auto& [value, count] : summary.most_frequent) {
    text += fmt::format("{}{} {:.1f} %", text.empty() ? "" : ", ", category_text(value),
                        100.0 * static_cast<double>(count) / static_cast<double>(n_rows));
  }
  return text + (summary.n_distinct > summary.most_frequent.size() ? ", …" : "");
}

}  // namespace thrum::cli
