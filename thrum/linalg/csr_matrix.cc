#include "thrum/linalg/csr_matrix.h"

#include <fmt/format.h>

#include <cmath>
#include <utility>

#include "thrum/core/assert.h"
#include "thrum/core/error.h"

namespace thrum::linalg {
namespace {

constexpr std::size_t most_columns = std::size_t{1} << 32;

[[noreturn]] void refuse(const std::string& what) {
  throw Error(ErrorCode::invalid_argument, fmt::format("[csr_matrix] {}", what));
}

void check_lengths(const CsrMatrix::Parts& parts) {
  if (parts.n_cols > most_columns) {
    refuse(fmt::format("expected {} columns at most, got {}", most_columns, parts.n_cols));
  }
  if (parts.column_indices.size() != parts.values.size()) {
    refuse(fmt::format("expected one column for each of the {} values, got {}", parts.values.size(),
                       parts.column_indices.size()));
  }
  if (parts.row_offsets.empty() || parts.row_offsets.front() != 0 || parts.row_offsets.back() != parts.values.size()) {
    refuse(fmt::format("expected row offsets from 0 to the number of values, {}", parts.values.size()));
  }
}

void check_offsets(const CsrMatrix::Parts& parts) {
  for (std::size_t i = 0; i + 1 < parts.row_offsets.size(); ++i) {
    if (parts.row_offsets[i] <= parts.row_offsets[i + 1]) continue;
    refuse(fmt::format("expected row offsets that never fall, got {} after {} in row {}", parts.row_offsets[i + 1],
                       parts.row_offsets[i], i));
  }
}

void check_row(const CsrMatrix::Row& row, std::size_t i, std::size_t n_cols) {
  for (std::size_t k = 0; k < row.columns.size(); ++k) {
    if (row.columns[k] >= n_cols) {
      refuse(fmt::format("expected columns below {}, got {} in row {}", n_cols, row.columns[k], i));
    }
    if (k > 0 && row.columns[k] <= row.columns[k - 1]) {
      refuse(
          fmt::format("expected ascending columns, got {} after {} in row {}", row.columns[k], row.columns[k - 1], i));
    }
    if (!std::isfinite(row.values[k])) {
      refuse(fmt::format("expected finite values, got {} in row {}, column {}", row.values[k], i, row.columns[k]));
    }
  }
}

}  // namespace

CsrMatrix::CsrMatrix(Parts parts) : parts_(std::move(parts)) {
  check_lengths(parts_);
  check_offsets(parts_);
  for (std::size_t i = 0; i < rows(); ++i) check_row(row(i), i, cols());
}

CsrMatrix CsrMatrix::from_dense(MatrixView<const double> X) {
  Parts parts{.n_cols = X.cols()};
  for (std::size_t i = 0; i < X.rows(); ++i) {
    for (std::size_t j = 0; j < X.cols(); ++j) {
      if (X(i, j) == 0) continue;
      parts.column_indices.push_back(static_cast<std::uint32_t>(j));
      parts.values.push_back(X(i, j));
    }
    parts.row_offsets.push_back(parts.values.size());
  }
  return CsrMatrix(std::move(parts));
}

CsrMatrix CsrMatrix::part(std::size_t begin, std::size_t end) const {
  THRUM_ASSERT(begin <= end && end <= rows());
  const std::uint64_t first = parts_.row_offsets[begin], n = parts_.row_offsets[end] - first;
  const auto columns = column_indices().subspan(first, n);
  const auto some = values().subspan(first, n);
  Parts parts{.n_cols = parts_.n_cols,
              .row_offsets = {},
              .column_indices = {columns.begin(), columns.end()},
              .values = {some.begin(), some.end()}};
  for (std::size_t i = begin; i <= end; ++i) parts.row_offsets.push_back(parts_.row_offsets[i] - first);
  return CsrMatrix(std::move(parts));
}

}  // namespace thrum::linalg
