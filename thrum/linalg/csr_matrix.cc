#include "thrum/linalg/csr_matrix.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <numeric>
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
  if (!parts.values.empty() && !parts.values_f32.empty())
    refuse("expected values of one type, got float64 and float32");
  const std::size_t n_values = parts.values.size() + parts.values_f32.size();
  if (parts.column_indices.size() != n_values) {
    refuse(fmt::format("expected one column for each of the {} values, got {}", n_values, parts.column_indices.size()));
  }
  if (parts.row_offsets.empty() || parts.row_offsets.front() != 0 || parts.row_offsets.back() != n_values) {
    refuse(fmt::format("expected row offsets from 0 to the number of values, {}", n_values));
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

template <class T>
std::vector<T> some_of(std::span<const T> all, std::size_t begin, std::size_t n) {
  if (all.empty()) return {};
  return {all.begin() + static_cast<std::ptrdiff_t>(begin), all.begin() + static_cast<std::ptrdiff_t>(begin + n)};
}

/// Where the entries of each column begin among all in the order of the columns.
std::vector<std::uint64_t> column_offsets(const CsrMatrix& matrix) {
  std::vector<std::uint64_t> offsets(matrix.cols() + 1);
  for (const std::uint32_t j : matrix.column_indices()) ++offsets[j + 1];
  std::partial_sum(offsets.begin(), offsets.end(), offsets.begin());
  return offsets;
}

/// `values` in the order of the columns.
template <class T>
std::vector<T> by_columns(const CsrMatrix& matrix, std::span<const T> values, std::vector<std::uint64_t> next) {
  std::vector<T> sorted(values.size());
  for (std::size_t k = 0; k < values.size(); ++k) sorted[next[matrix.column_indices()[k]]++] = values[k];
  return sorted;
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
  Parts parts{.n_cols = parts_.n_cols,
              .row_offsets = {},
              .column_indices = some_of(column_indices(), first, n),
              .values = some_of(values(), first, n),
              .values_f32 = some_of(values_f32(), first, n)};
  for (std::size_t i = begin; i <= end; ++i) parts.row_offsets.push_back(parts_.row_offsets[i] - first);
  return CsrMatrix(std::move(parts));
}

CsrMatrix CsrMatrix::transposed() const {
  const std::vector<std::uint64_t> offsets = column_offsets(*this);
  std::vector<std::uint32_t> row_of(n_values());
  for (std::size_t i = 0; i < rows(); ++i) {
    const auto begin = row_of.begin() + static_cast<std::ptrdiff_t>(parts_.row_offsets[i]);
    std::fill(begin, row_of.begin() + static_cast<std::ptrdiff_t>(parts_.row_offsets[i + 1]),
              static_cast<std::uint32_t>(i));
  }
  return CsrMatrix({.n_cols = rows(),
                    .row_offsets = offsets,
                    .column_indices = by_columns<std::uint32_t>(*this, row_of, offsets),
                    .values = by_columns(*this, values(), offsets),
                    .values_f32 = by_columns(*this, values_f32(), offsets)});
}

CsrMatrix CsrMatrix::to_float32() && {
  constexpr double largest = std::numeric_limits<float>::max();
  for (std::size_t i = 0; i < rows(); ++i) {
    const Row of_row = row(i);
    for (std::size_t k = 0; k < of_row.columns.size(); ++k) {
      const double value = of_row.values[k];
      if (std::abs(value) <= largest) continue;
      throw Error(ErrorCode::invalid_argument,
                  fmt::format("[csr_matrix] expected values that float32 can hold, got {} in row {}, column {}", value,
                              i, of_row.columns[k]),
                  "keep them in float64");
    }
  }
  Parts parts = std::move(parts_);
  parts_ = {};
  parts.values_f32.reserve(parts.column_indices.size());
  std::ranges::transform(parts.values, std::back_inserter(parts.values_f32),
                         [](double x) { return static_cast<float>(x); });
  parts.values = {};
  return CsrMatrix(std::move(parts));
}

}  // namespace thrum::linalg
