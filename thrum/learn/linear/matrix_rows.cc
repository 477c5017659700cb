#include "thrum/learn/linear/matrix_rows.h"

#include <fmt/format.h>

#include <cmath>

#include "thrum/comm/row_blocks.h"
#include "thrum/core/error.h"
#include "thrum/learn/linear/matrix_rows_internal.h"

namespace thrum {
namespace {

[[noreturn]] void refuse(std::string_view where, const std::string& what) {
  throw Error(ErrorCode::invalid_argument, fmt::format("[{}] {}", where, what));
}

void check_lengths(std::string_view where, std::size_t n_rows, std::size_t n_targets, std::size_t n_weights) {
  if (n_targets != n_rows) {
    refuse(where, fmt::format("expected a target for each of the {} rows, got {}", n_rows, n_targets));
  }
  if (n_weights != 0 && n_weights != n_rows) {
    refuse(where, fmt::format("expected a weight for each of the {} rows, got {}", n_rows, n_weights));
  }
}

bool is_class(double y, std::size_t n_classes) {
  return y >= 0 && y < static_cast<double>(n_classes) && y == std::floor(y);
}

bool is_wider(const linalg::CsrMatrix& X, std::string_view dtype) {
  return dtype == "float32" && X.dtype() == DType::f64;
}

}  // namespace

template <class Matrix>
void check_targets_and_weights(std::string_view where, const MatrixRows<Matrix>& rows, std::size_t n_classes,
                               const Execution& execution) {
  const auto& [X, y, weights, first_row] = rows;
  const auto row = [&](std::size_t i) { return first_row + i + 1; };
  check_lengths(where, X.rows(), y.size(), weights.size());
  for (std::size_t i = 0; i < y.size(); ++i) {
    if (i % row_block == 0) execution.keep_within_limit();
    if (n_classes > 0 && !is_class(y[i], n_classes)) {
      refuse(where,
             fmt::format("expected targets that are indices of {} classes, got {} in row {}", n_classes, y[i], row(i)));
    }
    if (!std::isfinite(y[i])) refuse(where, fmt::format("expected finite targets, got {} in row {}", y[i], row(i)));
  }
  for (std::size_t i = 0; i < weights.size(); ++i) {
    if (i % row_block == 0) execution.keep_within_limit();
    if (weights[i] >= 0 && std::isfinite(weights[i])) continue;
    refuse(where, fmt::format("expected weights of 0 or more, got {} in row {}", weights[i], row(i)));
  }
}

TypedRows::TypedRows(const SparseRows& rows, std::string_view dtype)
    : narrow_(is_wider(rows.X, dtype) ? linalg::CsrMatrix(rows.X).to_float32() : linalg::CsrMatrix()),
      rows_{is_wider(rows.X, dtype) ? narrow_ : rows.X, rows.y, rows.weights, rows.first_row} {}

template void check_targets_and_weights(std::string_view, const DenseRows&, std::size_t, const Execution&);
template void check_targets_and_weights(std::string_view, const SparseRows&, std::size_t, const Execution&);

}  // namespace thrum
