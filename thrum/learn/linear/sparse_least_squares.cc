#include <algorithm>
#include <cmath>
#include <utility>

#include "thrum/comm/row_blocks.h"
#include "thrum/core/error.h"
#include "thrum/learn/linear/matrix_rows_internal.h"
#include "thrum/learn/linear/normal_equations_internal.h"
#include "thrum/learn/linear/sparse_least_squares_internal.h"

namespace thrum {
namespace {

constexpr std::string_view where = LinearRegressionModel::linear_regression;

[[noreturn]] void refuse(const std::string& what, const std::string& hint) {
  throw Error(ErrorCode::invalid_argument, "[" + std::string(where) + "] " + what, hint);
}

double mean_target(const SparseRows& rows, const Execution& execution) {
  const auto add_rows = [&](std::size_t begin, std::size_t end, std::span<double> partial) {
    for (std::size_t i = begin; i < end; ++i) {
      partial[0] += rows.weight(i);
      partial[1] += rows.weight(i) * rows.y[i];
    }
  };
  const std::vector<double> sums = sum_row_blocks(execution, rows.X.rows(), 2, add_rows);
  if (!(sums[0] > 0)) refuse("no training row has a weight above 0", "train on rows with weights above 0");
  return sums[1] / sums[0];
}

/// Where the products with column i begin, of those on and below the diagonal.
std::size_t triangle(std::size_t i) {
  return i * (i + 1) / 2;
}

/// Of (x, 1, y - shift), lower triangle.
std::vector<double> gram_of(const SparseRows& rows, double shift, const Execution& execution) {
  const std::size_t d = rows.X.cols(), n = d + 2;
  const auto add_rows = [&](std::size_t begin, std::size_t end, std::span<double> partial) {
    std::vector<std::pair<std::size_t, double>> row;
    for (std::size_t i = begin; i < end; ++i) {
      const auto x = rows.X.row(i);
      row.clear();
      for (std::size_t v = 0; v < x.columns.size(); ++v) row.emplace_back(x.columns[v], x.values[v]);
      row.emplace_back(d, 1);
      row.emplace_back(d + 1, rows.y[i] - shift);
      for (std::size_t a = 0; a < row.size(); ++a) {
        const double weighted = rows.weight(i) * row[a].second;
        double* const products = partial.data() + triangle(row[a].first);
        for (std::size_t b = 0; b <= a; ++b) products[row[b].first] += weighted * row[b].second;
      }
    }
  };
  const std::vector<double> sums = sum_row_blocks(execution, rows.X.rows(), triangle(n), add_rows);
  std::vector<double> gram(n * n);
  for (std::size_t i = 0; i < n; ++i) std::copy_n(sums.data() + triangle(i), i + 1, gram.data() + i * n);
  return gram;
}

/// The deviations of the columns, where they have one.
std::vector<double> deviations(std::span<const double> gram, std::size_t d) {
  std::vector<double> units(d, 1.0);
  const double total = gram[d * (d + 2) + d];
  for (std::size_t j = 0; j < d; ++j) {
    const double mean = gram[d * (d + 2) + j] / total, square = gram[j * (d + 2) + j] / total;
    const double variance = square - mean * mean;
    if (variance > 1e-14 * square) units[j] = std::sqrt(variance);
  }
  return units;
}

}  // namespace

SparseLeastSquares solve_least_squares(const SparseRows& given, const LinearRegressionOptions& options,
                                       const Execution& execution) {
  const TypedRows typed(given, options.dtype);
  const SparseRows& rows = typed.rows();
  const std::size_t d = rows.X.cols();
  const double mean = mean_target(rows, execution);
  const double shift = options.fit_intercept ? mean : 0;
  SparseLeastSquares found{.solution = {}, .gram = gram_of(rows, shift, execution)};
  if (!std::ranges::all_of(found.gram, [](double product) { return std::isfinite(product); })) {
    refuse("expected squares that float64 can hold, some are not finite", "divide the columns, or the target");
  }
  const std::vector<double> units = options.standardize ? deviations(found.gram, d) : std::vector<double>(d, 1.0);
  const NormalEquations equations(found.gram, units, options.fit_intercept);
  const DirectSolution direct = solve_normal_equations(equations, 0);
  const std::vector<double> q = equations.residual_products(direct.u);
  found.rank = direct.rank;
  found.squared_error = equations.squared_error(direct.u, q);
  double intercept = options.fit_intercept ? equations.y_mean + shift : 0, kkt = 0;
  std::vector<double> w = direct.u;
  for (std::size_t j = 0; j < d; ++j) {
    w[j] /= units[j];
    intercept -= w[j] * equations.x_mean[j];
    kkt = std::max(kkt, std::abs(q[j]) / equations.total_weight);
  }
  found.solution = {.coefficients = std::move(w),
                    .intercepts = {intercept},
                    .objective = found.squared_error / (2 * equations.total_weight),
                    .kkt = kkt,
                    .iterations = 1,
                    .converged = true,
                    .solver = "cholesky",
                    .total_weight = equations.total_weight};
  return found;
}

}  // namespace thrum
