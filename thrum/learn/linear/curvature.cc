#include "thrum/learn/linear/curvature_internal.h"

#include <algorithm>
#include <utility>

#include "thrum/learn/linear/cholesky_internal.h"

namespace thrum {
namespace {

/// Up to here the Hessian of a sample costs less than the passes over all rows that it saves.
constexpr std::size_t most_dense_parameters = 257;

/// Relative to the value on the diagonal: little beside it, much beside what columns that depend on each other leave.
constexpr double jitter = 1e-10;
/// Relative to the largest value on the diagonal: for columns of zeros without a penalty.
constexpr double smallest = 1e-24;

}  // namespace

template <class T>
Curvature::Curvature(const LogisticProblem<T>& problem, std::span<const double> parameters, const BlockSample& blocks) {
  const std::size_t n = problem.n_parameters();
  if (problem.n_outputs() == 1 && n <= most_dense_parameters && factor(problem.hessian(parameters, blocks), n)) return;
  diagonal_ = problem.curvature(blocks);
}

bool Curvature::factor(std::vector<double> hessian, std::size_t n) {
  double largest = 0;
  for (std::size_t i = 0; i < n; ++i) largest = std::max(largest, hessian[i * n + i]);
  for (std::size_t i = 0; i < n; ++i) hessian[i * n + i] += jitter * hessian[i * n + i] + smallest * largest;
  if (!factor_cholesky(hessian, n)) return false;
  lower_ = std::move(hessian);
  return true;
}

void Curvature::operator()(std::span<double> x) const {
  for (std::size_t i = 0; i < diagonal_.size(); ++i) x[i] /= diagonal_[i];
  if (diagonal_.empty()) solve_cholesky(lower_, x);
}

template Curvature::Curvature(const LogisticProblem<float>&, std::span<const double>, const BlockSample&);
template Curvature::Curvature(const LogisticProblem<double>&, std::span<const double>, const BlockSample&);

}  // namespace thrum
