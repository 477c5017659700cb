#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <vector>

#include "thrum/learn/linear/gathered_rows_internal.h"
#include "thrum/learn/linear/sparse_problem_internal.h"

namespace thrum {

/// sum_v x_v a[stride column_v], as four sums side by side.
inline double product(const linalg::CsrMatrix::Row& x, const double* a, std::size_t stride) {
  return x.values.visit([&](const auto* values) {
    constexpr std::size_t lanes = 4;
    std::array<double, lanes> sums{};
    const std::size_t n = x.columns.size(), whole = n / lanes * lanes;
    for (std::size_t v = 0; v < whole; v += lanes) {
      for (std::size_t l = 0; l < lanes; ++l) sums[l] += values[v + l] * a[x.columns[v + l] * stride];
    }
    for (std::size_t v = whole; v < n; ++v) sums[0] += values[v] * a[x.columns[v] * stride];
    return (sums[0] + sums[1]) + (sums[2] + sums[3]);
  });
}

/// A SparseProblem by columns, for searches that move one coefficient after another: of all ranks' rows, which each
/// rank holds. Of classes and of the squared loss only. A column's sums are those of its rows in their order, so that
/// the bits do not depend on threads.
class ColumnProblem {
 public:
  /// Gathers the rows and turns them (collective). Refers to the problem.
  explicit ColumnProblem(const SparseProblem& problem);

  std::size_t n_coefficients() const noexcept { return n_outputs_ * columns_.rows(); }
  std::size_t n_parameters() const noexcept { return n_coefficients() + n_outputs_; }

  /// As SparseProblem::evaluate, each rank for itself. Keeps the slopes and curvatures of the rows.
  double evaluate(std::span<const double> parameters, std::span<double> gradient);

  /// The step from the point last evaluated to about where the quadratic model of the loss there, with the penalty
  /// l1 |u|_1, has its minimum over the coefficients `moving` and the intercepts; empty where that has none for the
  /// intercepts.
  std::vector<double> model_step(std::span<const double> parameters, std::span<const std::size_t> moving,
                                 double l1) const;

 private:
  class Model;
  static constexpr std::size_t columns_per_chunk = 256;

  double set_rows(std::span<const double> w);
  void set_row(std::size_t i, std::span<double> z, double& loss);

  const SparseProblem& problem_;
  std::size_t n_outputs_;
  linalg::CsrMatrix gathered_;  ///< of several ranks
  const linalg::CsrMatrix& rows_;
  linalg::CsrMatrix columns_;  ///< those rows, transposed
  RowValues y_;
  std::vector<double> weights_;  ///< of the rows, which add up to 1
  std::vector<double> slopes_;   ///< (n_rows, n_outputs) of the weighted losses along the margins
  std::vector<double> seconds_;  ///< their second derivatives; of classes their probabilities
};

}  // namespace thrum
