#include <algorithm>
#include <cmath>
#include <utility>

#include "thrum/learn/linear/cholesky_internal.h"
#include "thrum/learn/linear/coordinate_descent_internal.h"
#include "thrum/learn/linear/descent_search_internal.h"
#include "thrum/learn/linear/intercepts_internal.h"

namespace thrum {
namespace {

/// The quadratic model is solved this much better than the point at hand is.
constexpr double inner_precision = 1e-3;

/// What is between the `n_free` parameters from `first` of a Hessian, (n, n), lower triangle, and those before.
Intercepts intercepts_of(std::span<const double> hessian, std::size_t n, std::size_t first, std::size_t n_free) {
  std::vector<double> own(n_free * n_free), with_coefficients(first * n_free);
  for (std::size_t a = 0; a < n_free; ++a) {
    const auto row = hessian.subspan((first + a) * n, n);
    for (std::size_t j = 0; j < first; ++j) with_coefficients[j * n_free + a] = row[j];
    for (std::size_t b = 0; b <= a; ++b) own[a * n_free + b] = row[first + b];
  }
  return {first, n_free, std::move(own), std::move(with_coefficients)};
}

double dot(std::span<const double> a, std::span<const double> b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

}  // namespace

NewtonSearch::NewtonSearch(std::vector<double> start, L1Penalty l1, std::size_t n_intercepts,
                           const LbfgsOptions& limits)
    : DescentSearch(std::move(start), limits), l1_(std::move(l1)), n_intercepts_(n_intercepts) {}

void NewtonSearch::add_hessian(std::vector<double>&& hessian) {
  wants_hessian_ = false;
  if (l1_.l1 == 0) {
    step_by_cholesky(std::move(hessian));
  } else {
    step_by_coordinates(hessian);
  }
}

void NewtonSearch::step_by_cholesky(std::vector<double> hessian) {
  const std::size_t n = gradient().size();
  lift_diagonal(hessian, n);
  if (!factor_cholesky(hessian, n)) return stop(LbfgsStop::objective);
  std::vector<double> direction(n);
  for (std::size_t i = 0; i < n; ++i) direction[i] = -gradient()[i];
  solve_cholesky(hessian, direction);
  const double slope = dot(direction, gradient());
  if (!(slope < 0)) return stop(LbfgsStop::objective);
  go(std::move(direction), slope, 1);
}

/// Those that are not zero, or may leave it; one at least.
std::optional<std::vector<std::size_t>> NewtonSearch::hessian_coefficients() const {
  if (l1_.l1 == 0) return std::nullopt;
  const auto pull = [&](std::size_t j) { return std::abs(gradient()[j]) / (l1_.l1 * l1_.units[j]); };
  std::vector<std::size_t> chosen;
  std::size_t strongest = 0;
  for (std::size_t j = 0; j < l1_.units.size(); ++j) {
    if (best()[j] != 0 || pull(j) > surely_zero) chosen.push_back(j);
    if (pull(j) > pull(strongest)) strongest = j;
  }
  if (chosen.empty()) chosen.push_back(strongest);
  return chosen;
}

void NewtonSearch::step_by_coordinates(const std::vector<double>& hessian) {
  const std::vector<std::size_t> at = *hessian_coefficients();
  const std::size_t d = at.size(), first_intercept = l1_.units.size(), n = d + gradient().size() - first_intercept;
  const std::size_t n_free = n_intercepts_ > 1 ? n_intercepts_ - 1 : n_intercepts_;
  const Intercepts intercepts = intercepts_of(hessian, n, d, n_free);
  if (!intercepts.sound()) return stop(LbfgsStop::objective);
  const std::span<const double> slopes = gradient().subspan(first_intercept, n_free);
  const auto unit = [&](std::size_t j) { return l1_.units[at[j]]; };
  NormalEquations model(d);
  std::vector<double> u(d);
  for (std::size_t j = 0; j < d; ++j) u[j] = best()[at[j]] * unit(j);
  for (std::size_t j = 0; j < d; ++j) {
    for (std::size_t k = 0; k <= j; ++k) {
      const double curvature = hessian[j * n + k] - intercepts.curvature(j, k);
      model.A[j * d + k] = model.A[k * d + j] = curvature / (unit(j) * unit(k));
    }
  }
  for (std::size_t j = 0; j < d; ++j) {
    model.c[j] = dot({model.row(j), d}, u) - (gradient()[at[j]] - intercepts.slope(j, slopes)) / unit(j);
  }
  CoordinateDescent descent(model);
  descent.start_from(u);
  descent.minimize({.l1 = l1_.l1}, {.tolerance = inner_precision * l1_.violation(best(), gradient()),
                                    .measure = CoordinateDescent::Measure::kkt});
  std::vector<double> change(d), direction(gradient().size(), 0.0);
  double promise = -l1_(best());
  for (std::size_t j = 0; j < d; ++j) {
    direction[at[j]] = change[j] = (descent.solution()[j] - u[j]) / unit(j);
    promise += l1_.l1 * std::abs(descent.solution()[j]);
  }
  const std::vector<double> moves = intercepts.moves(change, slopes);
  std::ranges::copy(moves, direction.begin() + static_cast<std::ptrdiff_t>(first_intercept));
  promise += dot(direction, gradient());
  if (!(promise < 0)) return stop(LbfgsStop::objective);
  go(std::move(direction), promise, 1);
}

}  // namespace thrum
