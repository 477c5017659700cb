#pragma once

#include <cstddef>
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

/// The objective of scikit-learn, F(W, b) = 1/S sum_i s_i l_i + l2/2 |W|^2, over the rows of all ranks, where S is the
/// sum of the weights s_i. Its parameters are a vector: W (n_outputs, n_columns), then b (n_outputs), with one output
/// for two classes. T is the type of the arithmetic inside the kernel. Refers to `x` and `execution`.
template <class T>
class LogisticProblem {
 public:
  struct Parts {
    std::span<const double> y;        ///< (n_rows) indices of classes
    std::span<const double> weights;  ///< (n_rows) s_i >= 0
    double total_weight = 1;          ///< S, of all ranks
    std::size_t first_row = 0;        ///< this rank's, among the rows of all
    std::size_t n_classes = 2;
    double l2 = 0;  ///< 1 / (C S)
    bool fit_intercept = true;
  };
  LogisticProblem(const DesignMatrix<T>& x, const Parts& parts, const Execution& execution);

  std::size_t n_outputs() const noexcept { return n_outputs_; }
  std::size_t n_coefficients() const noexcept { return n_outputs_ * x_.n_columns(); }
  std::size_t n_parameters() const noexcept { return n_coefficients() + n_outputs_; }

  BlockSample all_blocks() const noexcept { return {1, total_weight_}; }
  /// All blocks where those of the sample weigh nothing. In one pass over the weights (collective).
  BlockSample sample(std::size_t stride) const;

  /// One pass over X on all threads and ranks (collective). Throws cancelled.
  double evaluate(std::span<const double> parameters, std::span<double> gradient) {
    return evaluate(parameters, gradient, all_blocks());
  }
  /// The same for the mean loss of a sample.
  double evaluate(std::span<const double> parameters, std::span<double> gradient, const BlockSample& blocks);

  /// The diagonal of the Hessian at zero, in one pass over the sample (collective). All values are positive.
  std::vector<double> curvature(const BlockSample& blocks) const;

  /// The Hessian, (n_parameters, n_parameters) row-major, lower triangle, in one pass over the sample (collective).
  /// REQUIRES: two classes.
  std::vector<double> hessian(std::span<const double> parameters, const BlockSample& blocks) const;

  /// Whether, at the last evaluation, each row's own class had a probability above 1/2: then the classes are separable.
  bool separated() const noexcept { return separated_; }

 private:
  LogisticRows<T> tiles(std::size_t begin, std::size_t end) const;
  /// What `add` adds for the rows of each block, summed over the blocks of the sample (collective).
  std::vector<double> sum(const BlockSample& blocks, std::size_t n_components,
                          FunctionRef<void(std::size_t begin, std::size_t end, std::span<double> partial)> add) const;

  const DesignMatrix<T>& x_;
  const Execution& execution_;
  std::size_t n_outputs_;
  double total_weight_;
  double l2_;
  std::size_t first_block_;
  bool fit_intercept_;
  ZeroedArray<T> weights_;  ///< padded; of two classes with the sign of the label
  ZeroedArray<T> labels_;   ///< padded; of more than two classes
  bool separated_ = false;
};

}  // namespace thrum
