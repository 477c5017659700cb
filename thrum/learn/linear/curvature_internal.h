#pragma once

#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include "thrum/learn/linear/logistic_problem_internal.h"

namespace thrum {

/// What minimize_lbfgs starts from as the Hessian: the Hessian itself where that is cheap, its diagonal elsewhere.
/// Computed when it is asked for first: a search that begins at its end has no use for it. Refers to the problem.
template <class T>
class Curvature {
 public:
  /// At `parameters`, over the rows of `blocks`.
  Curvature(const LogisticProblem<T>& problem, std::vector<double> parameters, const BlockSample& blocks)
      : problem_(problem), parameters_(std::move(parameters)), blocks_(blocks) {}

  /// x becomes B^-1 x (collective).
  void operator()(std::span<double> x);

 private:
  void compute();
  bool factor(std::vector<double> hessian, std::size_t n);

  const LogisticProblem<T>& problem_;
  std::vector<double> parameters_;
  BlockSample blocks_;
  std::vector<double> diagonal_;  ///< or, where that is empty:
  std::vector<double> lower_;     ///< (n, n) row-major: L of B = L L^T
};

}  // namespace thrum
