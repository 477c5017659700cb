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
void Curvature<T>::compute() {
  const std::size_t n = problem_.n_parameters();
  const bool dense = problem_.n_outputs() == 1 && n <= most_dense_parameters;
  if (dense && factor(problem_.hessian(parameters_, blocks_), n)) return;
  diagonal_ = problem_.curvature(blocks_);
}

template <class T>
bool Curvature<T>::factor(std::vector<double> hessian, std::size_t n) {
  double largest = 0;
  for (std::size_t i = 0; i < n; ++i) largest = std::max(largest, hessian[i * n + i]);
  for (std::size_t i = 0; i < n; ++i) hessian[i * n + i] += jitter * hessian[i * n + i] + smallest * largest;
  if (!factor_cholesky(hessian, n)) return false;
  lower_ = std::move(hessian);
  return true;
}

template <class T>
void Curvature<T>::operator()(std::span<double> x) {
  if (diagonal_.empty() && lower_.empty()) compute();
  for (std::size_t i = 0; i < diagonal_.size(); ++i) x[i] /= diagonal_[i];
  if (diagonal_.empty()) solve_cholesky(lower_, x);
}

template class Curvature<float>;
template class Curvature<double>;

}  // namespace thrum
