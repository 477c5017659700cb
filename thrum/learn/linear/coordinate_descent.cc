#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "thrum/learn/linear/cholesky_internal.h"
#include "thrum/learn/linear/coordinate_descent_internal.h"
#include "thrum/learn/linear/soft_threshold_internal.h"

namespace thrum {
namespace {

/// Larger supports are left to the sweeps, which cost less than solving.
constexpr std::size_t most_solved = 1000;

int sign(double x) {
  return x > 0 ? 1 : x < 0 ? -1 : 0;
}

/// What a coordinate's best value is before the division by its curvature.
double shrink(double x, const ElasticNetPenalty& penalty) {
  if (penalty.positive) return std::max(0.0, x - penalty.l1);
  return soft_threshold(x, penalty.l1);
}

}  // namespace

CoordinateDescent::CoordinateDescent(const NormalEquations& equations)
    : equations_(&equations), u_(equations.size(), 0.0), q_(equations.c) {}

void CoordinateDescent::start_from(std::vector<double> u) {
  u_ = std::move(u);
  q_ = equations_->residual_products(u_);
}

CoordinateDescent::Outcome CoordinateDescent::minimize(const ElasticNetPenalty& penalty, const Limits& limits) {
  active_.resize(u_.size());
  std::iota(active_.begin(), active_.end(), std::size_t{0});
  Outcome outcome;
  Certificate proof{};
  bool solved = false;  // for the signs at hand
  while (outcome.epochs < limits.max_epochs && !outcome.converged) {
    signs_changed_ = false;
    sweep(penalty);
    ++outcome.epochs;
    if (!signs_changed_ && !solved) {
      solve_support(penalty);
      solved = true;
    }
    if (distance(penalty, limits.measure, proof) <= limits.tolerance) {
      q_ = equations_->residual_products(u_);
      outcome.converged = distance(penalty, limits.measure, proof) <= limits.tolerance;
    }
    if (limits.measure == Measure::gap) screen(penalty, proof);
    if (signs_changed_) solved = false;
  }
  outcome.gap = proof.gap;
  return outcome;
}

void CoordinateDescent::sweep(const ElasticNetPenalty& penalty) {
  for (const std::size_t j : active_) {
    const double curvature = equations_->row(j)[j];
    if (!(curvature + penalty.l2 > 0)) continue;
    move(j, shrink(q_[j] + curvature * u_[j], penalty) / (curvature + penalty.l2));
  }
}

void CoordinateDescent::move(std::size_t j, double to) {
  const double step = to - u_[j];
  if (step == 0) return;
  signs_changed_ = signs_changed_ || sign(to) != sign(u_[j]);
  u_[j] = to;
  const double* const row = equations_->row(j);
  for (std::size_t k = 0; k < q_.size(); ++k) q_[k] -= step * row[k];
}

CoordinateDescent::Certificate CoordinateDescent::certificate(const ElasticNetPenalty& penalty) const {
  double largest = 0;
  double sum = 0;
  double squares = 0;
  double cu = 0;
  for (std::size_t j = 0; j < u_.size(); ++j) {
    const double slope = q_[j] - penalty.l2 * u_[j];
    largest = std::max(largest, penalty.positive ? slope : std::abs(slope));
    sum += std::abs(u_[j]);
    squares += u_[j] * u_[j];
    cu += equations_->c[j] * u_[j];
  }
  const double scale = largest > penalty.l1 ? penalty.l1 / largest : 1;
  const double error = equations_->squared_error(u_, q_);
  const double gap = 0.5 * error * (1 + scale * scale) + penalty.l1 * sum - scale * (equations_->yy - cu) +
                     0.5 * penalty.l2 * (1 + scale * scale) * squares;
  return {std::max(0.0, gap), scale};
}

double CoordinateDescent::distance(const ElasticNetPenalty& penalty, Measure measure, Certificate& proof) const {
  if (measure == Measure::kkt) return kkt(penalty);
  if (penalty.l1 > 0) {
    proof = certificate(penalty);
    return equations_->yy > 0 ? proof.gap / equations_->yy : 0;
  }
  proof = {0, 0};
  double largest = 0;
  for (std::size_t j = 0; j < u_.size(); ++j) {
    const double size = std::sqrt(equations_->row(j)[j] * equations_->yy);
    if (size > 0) largest = std::max(largest, violation(j, penalty) / size);
  }
  return largest;
}

/// A column whose correlation with the dual optimum, which lies within `radius` of the dual point, is below l1 is zero.
void CoordinateDescent::screen(const ElasticNetPenalty& penalty, const Certificate& proof) {
  if (penalty.l1 == 0) return;
  const double radius = std::sqrt(2 * proof.gap);
  std::erase_if(active_, [&](std::size_t j) {
    const double slope = q_[j] - penalty.l2 * u_[j];
    const double correlation = (penalty.positive ? slope : std::abs(slope)) * proof.dual_scale;
    const double bound = correlation + radius * std::sqrt(equations_->row(j)[j] + penalty.l2);
    if (!(bound < penalty.l1 * (1 - 1e-12))) return false;
    move(j, 0);
    return true;
  });
}

/// The optimum for the signs at hand, if it has them.
void CoordinateDescent::solve_support(const ElasticNetPenalty& penalty) {
  std::vector<std::size_t> support;
  for (std::size_t j = 0; j < u_.size(); ++j) {
    if (u_[j] != 0) support.push_back(j);
  }
  const std::size_t n = support.size();
  if (n == 0 || n > most_solved) return;
  std::vector<double> A(n * n);
  std::vector<double> x(n);
  for (std::size_t a = 0; a < n; ++a) {
    const double* const row = equations_->row(support[a]);
    for (std::size_t b = 0; b <= a; ++b) A[a * n + b] = row[support[b]];
    A[a * n + a] += penalty.l2;
    x[a] = equations_->c[support[a]] - penalty.l1 * sign(u_[support[a]]);
  }
  if (!factor_cholesky(A, n)) return;
  solve_cholesky(A, x);
  for (std::size_t a = 0; a < n; ++a) {
    if (!std::isfinite(x[a]) || sign(x[a]) != sign(u_[support[a]])) return;
  }
  for (std::size_t a = 0; a < n; ++a) u_[support[a]] = x[a];
  q_ = equations_->residual_products(u_);
}

double CoordinateDescent::violation(std::size_t j, const ElasticNetPenalty& penalty) const {
  const double slope = q_[j] - penalty.l2 * u_[j];
  if (u_[j] != 0) return std::abs(slope - penalty.l1 * sign(u_[j]));
  return std::max(0.0, (penalty.positive ? slope : std::abs(slope)) - penalty.l1);
}

double CoordinateDescent::kkt(const ElasticNetPenalty& penalty) const {
  double largest = 0;
  for (std::size_t j = 0; j < u_.size(); ++j) largest = std::max(largest, violation(j, penalty));
  return largest;
}

double CoordinateDescent::objective(const ElasticNetPenalty& penalty) const {
  double value = 0.5 * equations_->squared_error(u_, q_);
  for (const double u : u_) value += penalty.l1 * std::abs(u) + 0.5 * penalty.l2 * u * u;
  return value;
}

double largest_l1(const NormalEquations& equations, bool positive) {
  double largest = 0;
  for (const double c : equations.c) largest = std::max(largest, positive ? c : std::abs(c));
  return largest;
}

}  // namespace thrum
