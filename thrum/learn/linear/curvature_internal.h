#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "thrum/learn/linear/logistic_problem_internal.h"

namespace thrum {

/// What minimize_lbfgs starts from as the Hessian: the Hessian itself where that is cheap, its diagonal elsewhere.
class Curvature {
 public:
  /// At `parameters`, over the rows of `blocks` (collective).
  template <class T>
  Curvature(const LogisticProblem<T>& problem, std::span<const double> parameters, const BlockSample& blocks);

  /// x becomes B^-1 x.
  void operator()(std::span<double> x) const;

 private:
  bool factor(std::vector<double> hessian, std::size_t n);

  std::vector<double> diagonal_;  ///< or, where that is empty:
  std::vector<double> lower_;     ///< (n, n) row-major: L of B = L L^T
};

}  // namespace thrum
