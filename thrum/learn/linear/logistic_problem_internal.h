#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "thrum/comm/execution.h"
#include "thrum/core/function_ref.h"
#include "thrum/learn/linear/design_matrix_internal.h"
#include "thrum/learn/linear/logistic_kernel_internal.h"
#include "thrum/learn/linear/zeroed_array_internal.h"

namespace thrum {

/// Every `stride`-th block of the rows of all ranks.
struct BlockSample {
  std::size_t stride = 1;
  double total_weight = 1;  ///< the sum of its rows' weights
};

/// What a kernel reads beside the rows: padded to whole tiles, for the fits that see the same rows alike.
template <class T>
struct LogisticTargets {
  /// y: (n_rows) indices of classes; weights: (n_rows) s_i >= 0; total_weight: S, of all ranks.
  LogisticTargets(const DesignMatrix<T>& x, std::span<const double> y, std::span<const double> weights,
                  double total_weight, std::size_t n_classes, const Execution& execution);
  /// For means: `loss` is not logistic, y the targets themselves, `mean` their weighted mean.
  LogisticTargets(const DesignMatrix<T>& x, std::span<const double> y, std::span<const double> weights,
                  double total_weight, RowLoss loss, double mean, const Execution& execution);

  RowLoss loss;
  std::size_t n_outputs;
  double total_weight;
  double curvature;        ///< the second derivative of a typical row's loss, before the first step
  ZeroedArray<T> weights;  ///< of two classes with the sign of the label
  ZeroedArray<T> labels;   ///< of more than two classes, or of means
};

/// The objective of scikit-learn for classes and for means, F(W, b) = 1/S sum_i s_i l_i + 1/2 sum_kj l2_j W_kj^2, over
/// the rows of all ranks, where S is the sum of the weights s_i. Its parameters are a vector: W (n_outputs, n_columns),
/// then b (n_outputs), with one output for two classes. T is the type of the arithmetic inside the kernel. Refers to
/// `x` and `execution`.
template <class T>
class LogisticProblem {
 public:
  struct Parts {
    std::shared_ptr<const LogisticTargets<T>> targets;
    std::size_t first_row = 0;  ///< this rank's, among the rows of all
    /// (n_columns): 1 / (C S) where columns are in the units of the penalty; those that the matrix has yet to measure
    /// are taken for such.
    std::vector<double> l2;
    bool fit_intercept = true;
  };
  LogisticProblem(const DesignMatrix<T>& x, Parts parts, const Execution& execution);

  std::size_t n_outputs() const noexcept { return targets_->n_outputs; }
  std::size_t n_coefficients() const noexcept { return n_outputs() * x_.n_columns(); }
  std::size_t n_parameters() const noexcept { return n_coefficients() + n_outputs(); }

  BlockSample all_blocks() const noexcept { return {1, targets_->total_weight}; }
  /// All blocks where those of the sample weigh nothing. In one pass over the weights (collective).
  BlockSample sample(std::size_t stride) const;

  /// One pass over X on all threads and ranks (collective). Throws cancelled.
  double evaluate(std::span<const double> parameters, std::span<double> gradient) {
    return evaluate(parameters, gradient, all_blocks());
  }
  /// The same for the mean loss of a sample.
  double evaluate(std::span<const double> parameters, std::span<double> gradient, const BlockSample& blocks);

  /// One of the evaluations that share a pass over X.
  struct Evaluation {
    LogisticProblem* problem;
    BlockSample blocks;
    std::span<const double> parameters;
    std::vector<double> gradient = {};  ///< filled
    double value = 0;                   ///< filled
  };
  /// Each bit is that of the evaluation alone. REQUIRES: problems of one matrix and one n_outputs, blocks of one
  /// stride.
  static void evaluate_together(std::span<Evaluation> evaluations);

  /// The diagonal of the Hessian at zero, in one pass over the sample (collective). All values are positive.
  std::vector<double> curvature(const BlockSample& blocks) const;

  /// The Hessian, (n_parameters, n_parameters) row-major, lower triangle, in one pass over the sample (collective).
  std::vector<double> hessian(std::span<const double> parameters, const BlockSample& blocks) const;
  std::vector<double> hessian(std::span<const double> parameters) const { return hessian(parameters, all_blocks()); }
  /// The same for some coefficients, ascending, and the intercepts: for two classes at the cost of these alone.
  std::vector<double> hessian_of(std::span<const std::size_t> coefficients, std::span<const double> parameters,
                                 const BlockSample& blocks) const;

  /// Its product with `direction`, (n_parameters), in one pass over the sample (collective).
  std::vector<double> hessian_product(std::span<const double> parameters, std::span<const double> direction,
                                      const BlockSample& blocks) const;

  /// The largest change of a margin of a row with a weight, of several outputs of the difference of two, for a move of
  /// the parameters by `step`, in one pass (collective).
  double largest_move(std::span<const double> step) const;

  /// Whether, at the last evaluation, each row's own class had a probability above 1/2: then the classes are separable.
  bool separated() const noexcept { return separated_; }

 private:
  using Piece = typename DesignMatrix<T>::Piece;

  LogisticRows<T> rows_of(const Piece& piece) const;
  /// What `add` adds for the rows of each block, summed over the blocks of the sample (collective).
  std::vector<double> sum_blocks(const BlockSample& blocks, std::size_t n_components,
                                 FunctionRef<void(RowRange block, std::span<double> partial)> add) const;
  /// What it adds for each piece of them.
  std::vector<double> sum(const BlockSample& blocks, std::size_t n_components,
                          FunctionRef<void(const Piece& piece, std::span<double> partial)> add) const;
  std::vector<double> sum_hessian(std::span<const std::size_t> columns, std::span<const double> parameters,
                                  const BlockSample& blocks) const;
  std::vector<double> sum_multinomial_hessian(std::span<const double> parameters, const BlockSample& blocks) const;
  std::vector<double> part_of(std::span<const double> hessian, std::span<const std::size_t> coefficients) const;
  /// Takes the penalty to the units of the columns that the first pass over all rows has measured, where it has.
  void take_spreads();
  /// The objective, from the sums of the loss.
  void finish(Evaluation& evaluation, std::span<const double> sums);

  const DesignMatrix<T>& x_;
  const Execution& execution_;
  std::shared_ptr<const LogisticTargets<T>> targets_;
  std::vector<double> l2_;
  std::size_t first_row_;
  bool fit_intercept_;
  bool separated_ = false;
  bool has_spreads_ = false;
};

}  // namespace thrum
