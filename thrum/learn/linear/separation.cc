#include <cstddef>
#include <limits>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "thrum/learn/linear/cholesky_internal.h"
#include "thrum/learn/linear/dot_internal.h"
#include "thrum/learn/linear/separation_internal.h"

namespace thrum {
namespace {

/// Each lowers what is left of the loss along a separating direction by a factor e: to rounding in the end.
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
  const double curvature = -dot(direction, gradient);
  double of_lifts = 0;
  for (std::size_t i = 0; i < n; ++i) of_lifts += lifts[i] * direction[i] * direction[i];
  return {std::move(direction), !(of_lifts < 0.25 * curvature)};
}

struct Point {
  std::vector<double> parameters;
  std::vector<double> gradient;
  double objective;
};

template <class T>
Point evaluate(LogisticProblem<T>& problem, std::vector<double> parameters) {
  std::vector<double> gradient(parameters.size());
  const double objective = problem.evaluate(parameters, gradient);
  return {std::move(parameters), std::move(gradient), objective};
}

/// The first of all, half, a quarter … of the way that lowers the objective; nullopt: rounding hides it.
template <class T>
std::optional<Point> go(LogisticProblem<T>& problem, const Point& from, std::span<const double> direction) {
  constexpr double shortest = 1e-6, part = 1e-4;
  const double slope = dot(direction, from.gradient);
  for (double step = 1; step > shortest; step /= 2) {
    std::vector<double> trial = from.parameters;
    for (std::size_t j = 0; j < trial.size(); ++j) trial[j] += step * direction[j];
    Point point = evaluate(problem, std::move(trial));
    if (point.objective <= from.objective + part * step * slope) return point;
  }
  return std::nullopt;
}

}  // namespace

template <class T>
bool is_separated(LogisticProblem<T> problem, std::vector<double> parameters, std::vector<double> hessian) {
  std::optional<Point> point = evaluate(problem, std::move(parameters));
  for (int i = 0; i < most_steps && point && !problem.separated(); ++i) {
    if (i > 0) hessian = problem.hessian(point->parameters, problem.all_blocks());
    const auto [direction, is_lifted] = newton_step<T>(hessian, point->gradient);
    if (problem.largest_move(direction) < short_move) return is_lifted && i > 0;
    point = go(problem, *point, direction);
  }
  return true;
}

template bool is_separated(LogisticProblem<float>, std::vector<double>, std::vector<double>);
template bool is_separated(LogisticProblem<double>, std::vector<double>, std::vector<double>);

}  // namespace thrum
