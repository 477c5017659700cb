#pragma once

#include <vector>

#include "thrum/learn/linear/column_problem_internal.h"
#include "thrum/learn/linear/descent_search_internal.h"

namespace thrum {

/// Newton's method with an L1 penalty on sparse columns, of any number: coordinate descent on the quadratic model of
/// those coefficients that are not zero or may leave it (Yuan, Ho and Lin, "An improved GLMNET for L1-regularized
/// logistic regression", JMLR 13, 2012).
class ColumnSearch final : public DescentSearch {
 public:
  /// Refers to the problem, which is to be evaluated at point() right before add().
  ColumnSearch(std::vector<double> start, double l1, ColumnProblem& problem, const LbfgsOptions& limits);

 private:
  double penalty(std::span<const double> x) const override { return l1_(x); }
  double violation(std::span<const double> x, std::span<const double> gradient) const override {
    return l1_.violation(x, gradient);
  }
  void choose_direction() override;

  L1Penalty l1_;
  ColumnProblem& problem_;
};

}  // namespace thrum
