#pragma once

#include <memory>
#include <span>
#include <vector>

#include "thrum/learn/learner.h"
#include "thrum/learn/linear/coordinate_descent_internal.h"
#include "thrum/learn/linear/design_matrix_internal.h"
#include "thrum/learn/linear/encoded_fits_internal.h"
#include "thrum/learn/linear/linear_regression.h"
#include "thrum/learn/linear/row_grams_internal.h"

namespace thrum {

/// The linear regressions over one design matrix, which is read once for all of them; a model has the same bits as if
/// it were fitted alone. Refers to the dataset, the encoder and the execution.
template <class T>
class LeastSquaresFits {
 public:
  LeastSquaresFits(LinearPenalty penalty, const Dataset& dataset, const Encoder& encoder, const Execution& execution);

  /// One model per member of the group (collective). REQUIRES: the encoder is that of the group; check_rows accepts the
  /// specs.
  std::vector<std::unique_ptr<Model>> fit(std::span<const FitSpec> specs, const EncodedFits& group);

 private:
  using Rows = typename RowGrams<T>::Rows;
  /// Fits that differ in the strength of the penalty only.
  struct Chain {
    const Rows* rows;
    std::vector<std::size_t> members;
  };

  std::string_view name() const { return LinearRegression(penalty_).name(); }
  const LinearRegressionOptions& options_of(std::size_t member) const;
  std::vector<Chain> chains() const;
  void fit_chain(const Chain& chain, std::span<std::unique_ptr<Model>> models) const;
  double l1_ratio_of(std::size_t member) const;
  bool is_mean() const { return penalty_ == LinearPenalty::l1 || penalty_ == LinearPenalty::elastic_net; }
  ElasticNetPenalty penalty_of(std::size_t member, double total_weight) const;
  void solve_directly(std::size_t member, const Chain& chain, const NormalEquations& equations,
                      std::unique_ptr<Model>& model) const;
  void descend(const Chain& chain, const NormalEquations& equations, std::span<std::unique_ptr<Model>> models) const;
  LinearRegressionModel::Parts parts_of(std::size_t member, const Chain& chain, const NormalEquations& equations,
                                        std::span<const double> u) const;

  LinearPenalty penalty_;
  const Dataset& dataset_;
  const Encoder& encoder_;
  const Execution& execution_;
  DesignMatrix<T> x_;
  RowGrams<T> grams_;
  std::span<const FitSpec> specs_;
  const EncodedFits* group_ = nullptr;
  std::vector<const Rows*> rows_of_;  ///< per member
};

}  // namespace thrum
