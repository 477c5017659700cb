#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "thrum/comm/execution.h"
#include "thrum/learn/linear/matrix_rows.h"
#include "thrum/learn/linear/sparse_loss_internal.h"

namespace thrum {

/// The mean loss of a linear model over sparse rows, with an L2 penalty. Its parameters are in the units of the
/// penalty: W (n_outputs, n_columns) times the scales of the columns, then b (n_outputs).
class SparseProblem {
 public:
  struct Parts {
    SparseLoss loss;
    std::size_t n_outputs = 1;
    bool fit_intercept = true;
    bool standardize = true;
    std::vector<double> loss_weights = {};  ///< of the rows, where they are others than scale the columns; empty: these
  };
  /// Sums up the columns in one pass (collective). Refers to the rows, their weights and the execution. `where` names
  /// the learner. Throws invalid_argument where no row has a weight above 0.
  SparseProblem(const SparseRows& rows, Parts parts, const Execution& execution, const char* where);

  const char* where() const noexcept { return where_; }
  const Execution& execution() const noexcept { return execution_; }
  const SparseRows& rows() const noexcept { return rows_; }
  SparseLoss loss() const noexcept { return parts_.loss; }
  bool fits_intercept() const noexcept { return parts_.fit_intercept; }
  std::size_t n_outputs() const noexcept { return parts_.n_outputs; }
  std::size_t n_coefficients() const noexcept { return n_outputs() * rows_.X.cols(); }
  std::size_t n_parameters() const noexcept { return n_coefficients() + n_outputs(); }
  double total_weight() const noexcept { return total_weight_; }
  double mean_target() const noexcept { return mean_target_; }
  /// Whether a pass that sums up the products of the columns, and coordinate descent on these, costs less than some
  /// twenty sweeps over the columns' numbers, of all ranks.
  bool has_cheap_products() const noexcept;
  double scale(std::size_t column) const noexcept { return scales_[column]; }
  double l2() const noexcept { return l2_; }
  /// The penalty of the objective becomes l2/2 |u|^2.
  void set_penalty(double l2) { l2_ = l2; }
  /// Whether the objective may have no minimum without a penalty.
  bool may_be_separable() const noexcept {
    return parts_.loss != SparseLoss::squared && parts_.loss != SparseLoss::gamma;
  }

  /// Of the rows.
  std::vector<double> loss_weights() const;
  /// For the columns as they are.
  std::vector<double> scaled(std::span<const double> parameters) const;

  /// One pass over the rows (collective).
  double evaluate(std::span<const double> parameters, std::span<double> gradient) const;
  /// The Hessian of some coefficients, ascending, and the intercepts, (n, n) row-major, lower triangle, in one pass
  /// over the rows (collective). Not of the loss of amounts.
  std::vector<double> hessian_of(std::span<const std::size_t> coefficients, std::span<const double> parameters) const;
  /// Of all.
  std::vector<double> hessian(std::span<const double> parameters) const;
  /// As of LogisticProblem.
  double largest_move(std::span<const double> step) const;
  /// x becomes B^-1 x for the diagonal of the Hessian where the second derivative of each loss is `typical`.
  void precondition(std::span<double> x, double typical) const;

  /// The coefficients of the columns as they are.
  std::vector<double> coefficients(std::span<const double> parameters) const;
  std::vector<double> intercepts(std::span<const double> parameters) const;

 private:
  double loss_weight(std::size_t i) const {
    return parts_.loss_weights.empty() ? rows_.weight(i) : parts_.loss_weights[i];
  }
  void set_margins(std::size_t i, std::span<const double> w, std::span<double> margins) const;
  void add_row(std::size_t i, std::span<const double> w, std::span<double> margins, std::span<double> sums) const;

  const SparseRows& rows_;
  Parts parts_;
  const Execution& execution_;
  const char* where_;
  double total_weight_ = 0;
  double mean_target_ = 0;
  double l2_ = 0;
  double n_values_ = 0;               ///< that are not zero, of all ranks
  double n_products_ = 0;             ///< of two of them in a row
  std::vector<double> scales_;        ///< of the columns
  std::vector<double> mean_squares_;  ///< of the columns, in units of the scales
};

}  // namespace thrum
