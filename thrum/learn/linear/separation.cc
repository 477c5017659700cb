#include <cmath>
#include <limits>
#include <utility>

#include "thrum/learn/linear/cholesky_internal.h"
#include "thrum/learn/linear/separation_internal.h"

namespace thrum {
namespace {

/// Each lowers what is left of the loss along a separating direction to its half: to 1e-9 in the end, where the steps
/// toward a minimum would have become short.
constexpr int most_steps = 30;
constexpr double short_move = 0.5;

/// Of the diagonal, more than rounding leaves of dependent columns, which move no margin.
template <class T>
constexpr double lift = sizeof(T) == 4 ? 1e-10 : 1e-13;

struct NewtonStep {
  std::vector<double> direction;
  bool is_lifted;  ///< the curvature along it is rounding, but for the lift
};

template <class T>
NewtonStep newton_step(std::vector<double> hessian, std::span<const double> gradient) {
  const std::size_t n = gradient.size();
  std::vector<double> lifts(n), direction(n);
  for (std::size_t i = 0; i < n; ++i) {
    lifts[i] = lift<T> * hessian[i * n + i] + std::numeric_limits<double>::min();
    hessian[i * n + i] += lifts[i];
    direction[i] = -gradient[i];
  }
  if (!factor_cholesky(hessian, n)) return {std::vector<double>(n, 0.0), true};
  solve_cholesky(hessian, direction);
  double curvature = 0, of_lifts = 0;
  for (std::size_t i = 0; i < n; ++i) {
    curvature -= direction[i] * gradient[i];
    of_lifts += lifts[i] * direction[i] * direction[i];
  }
  return {std::move(direction), !(of_lifts < 0.25 * curvature)};
}

}  // namespace

template <class T>
bool is_separated(LogisticProblem<T> problem, std::vector<double> parameters, std::vector<double> hessian) {
  std::vector<double> gradient(parameters.size());
  for (int i = 0; i < most_steps; ++i) {
    static_cast<void>(problem.evaluate(parameters, gradient));
    if (problem.separated()) return true;
    const auto [direction, is_lifted] = newton_step<T>(std::move(hessian), gradient);
    const double move = problem.largest_move(direction);
    if (move < short_move) return is_lifted && i > 0;
    for (std::size_t j = 0; j < direction.size(); ++j) parameters[j] += std::log1p(move) / move * direction[j];
    hessian = problem.hessian(parameters, problem.all_blocks());
  }
  return true;
}

template bool is_separated(LogisticProblem<float>, std::vector<double>, std::vector<double>);
template bool is_separated(LogisticProblem<double>, std::vector<double>, std::vector<double>);

}  // namespace thrum
