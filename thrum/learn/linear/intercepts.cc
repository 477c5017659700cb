#include "thrum/learn/linear/intercepts_internal.h"

#include <algorithm>
#include <utility>

#include "thrum/learn/linear/cholesky_internal.h"

namespace thrum {
namespace {

/// As for the preconditioner of L-BFGS: little beside the diagonal, much beside what dependent columns leave.
constexpr double jitter = 1e-10;
constexpr double smallest = 1e-24;

double sum_of_products(const double* a, const double* b, std::size_t n) {
  double sum = 0;
  for (std::size_t i = 0; i < n; ++i) sum += a[i] * b[i];
  return sum;
}

}  // namespace

void lift_diagonal(std::span<double> A, std::size_t n) {
  double largest = 0;
  for (std::size_t i = 0; i < n; ++i) largest = std::max(largest, A[i * n + i]);
  for (std::size_t i = 0; i < n; ++i) A[i * n + i] += jitter * A[i * n + i] + smallest * largest;
}

Intercepts::Intercepts(std::size_t n, std::size_t n_free, std::vector<double> own,
                       std::vector<double> with_coefficients)
    : n_free_(n_free),
      own_(std::move(own)),
      with_coefficients_(std::move(with_coefficients)),
      follow_(with_coefficients_) {
  if (n_free == 0) return;
  lift_diagonal(own_, n_free);
  sound_ = factor_cholesky(own_, n_free);
  for (std::size_t j = 0; sound_ && j < n; ++j) solve_cholesky(own_, std::span(follow_).subspan(j * n_free, n_free));
}

double Intercepts::curvature(std::size_t j, std::size_t k) const noexcept {
  return sum_of_products(with_coefficients_.data() + j * n_free_, follow_.data() + k * n_free_, n_free_);
}

double Intercepts::slope(std::size_t j, std::span<const double> slopes) const noexcept {
  return sum_of_products(follow_.data() + j * n_free_, slopes.data(), n_free_);
}

double Intercepts::pull(std::size_t j, std::span<const double> step) const noexcept {
  return sum_of_products(with_coefficients_.data() + j * n_free_, step.data(), n_free_);
}

void Intercepts::follow(std::size_t j, double change, std::span<double> step) const noexcept {
  for (std::size_t a = 0; a < n_free_; ++a) step[a] -= change * follow_[j * n_free_ + a];
}

std::vector<double> Intercepts::moves(std::span<const double> change, std::span<const double> slopes) const {
  std::vector<double> move(n_free_);
  for (std::size_t a = 0; a < n_free_; ++a) {
    move[a] = -slopes[a];
    for (std::size_t j = 0; j < change.size(); ++j) move[a] -= with_coefficients_[j * n_free_ + a] * change[j];
  }
  if (n_free_ > 0) solve_cholesky(own_, move);
  return move;
}

}  // namespace thrum
