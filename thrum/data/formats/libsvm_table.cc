#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "thrum/data/formats/libsvm.h"
#include "thrum/data/formats/number_array_internal.h"
#include "thrum/data/memory_bound_internal.h"
#include "thrum/data/zeroed_memory_internal.h"

namespace thrum {
namespace {

Column label_column(std::vector<double> labels) {
  const auto is_whole = [](double x) { return x == std::trunc(x) && std::abs(x) < 0x1p53; };
  if (!std::ranges::all_of(labels, is_whole)) return Column::float64("label", std::move(labels));
  return Column::int64("label", std::vector<std::int64_t>(labels.begin(), labels.end()));
}

/// Why there are so many columns.
std::string widest_text(const LibsvmData& rows) {
  if (rows.widest_line == 0) return "";
  return fmt::format(" (line {} has index {})", rows.widest_line, rows.first_index + rows.features.cols() - 1);
}

void check_size(const LibsvmData& rows, const std::string& remedy, const Execution& execution) {
  const linalg::CsrMatrix& X = rows.features;
  check_n_columns(rows);
  check_column_room(X.cols(), rows.source, execution);
  if (execution.scratch != nullptr) return;
  check_memory(
      std::uint64_t{8} * X.rows() * X.cols(),
      fmt::format("[{}] a table of {} rows and {} columns{}", rows.source, X.rows(), X.cols(), widest_text(rows)),
      remedy);
}

std::vector<ColumnValues<double>> dense_columns(const linalg::CsrMatrix& X, const Execution& execution) {
  constexpr std::size_t rows_per_task = 4096;
  std::vector<ColumnValues<double>> dense = column_values<double>(X.rows(), X.cols(), execution.scratch);
  const auto fill = [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      const auto row = X.row(i);
      for (std::size_t k = 0; k < row.columns.size(); ++k) dense[row.columns[k]].data()[i] = row.values[k];
      execution.keep_within_limit();
    }
  };
  parallel_for(*execution.arena, X.rows(), rows_per_task, fill, execution.stop);
  return dense;
}

std::vector<Column> label_columns(const LibsvmData& rows) {
  std::vector<Column> columns = {label_column(rows.labels)};
  if (!rows.query_ids.empty()) columns.push_back(Column::int64("qid", rows.query_ids));
  return columns;
}

}  // namespace

bool LibsvmData::is_mostly_zeros() const noexcept {
  constexpr double most_density = 0.1;
  const double all = static_cast<double>(features.rows()) * static_cast<double>(features.cols());
  return static_cast<double>(features.n_values()) < most_density * all;
}

void check_n_columns(const LibsvmData& rows) {
  formats::check_n_columns(rows.features.cols(), rows.source, widest_text(rows));
}

Table label_table(const LibsvmData& rows) {
  return Table(label_columns(rows), rows.source);
}

Table dense_table(const LibsvmData& rows, const std::string& remedy, const Execution& execution) {
  check_size(rows, remedy, execution);
  std::vector<Column> columns = label_columns(rows);
  columns.reserve(columns.size() + rows.features.cols());
  std::vector<ColumnValues<double>> dense = dense_columns(rows.features, execution);
  for (std::size_t j = 0; j < dense.size(); ++j) {
    columns.push_back(Column::stored(fmt::format("x{}", j + rows.first_index), std::move(dense[j])));
  }
  return Table(std::move(columns), rows.source);
}

}  // namespace thrum
