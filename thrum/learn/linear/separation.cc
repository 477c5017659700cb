#include <cstddef>
#include <limits>
#include <numeric>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "thrum/core/log.h"
#include "thrum/learn/linear/cholesky_internal.h"
#include "thrum/learn/linear/dot_internal.h"
#include "thrum/learn/linear/separation_internal.h"

namespace thrum {
namespace {

/// Each lowers what is left of the loss along a separating direction by a factor e: to rounding in the end.
constexpr int most_steps = 30;
constexpr double short_move = 0.5;

/// Of the diagonal, more than rounding leaves of dependent columns, which move no margin.
constexpr double lift = 1e-13;

/// Those that a step moves: without the last of several outputs, since softmax does not change when all get the same.
template <class Problem>
std::vector<std::size_t> free_parameters(const Problem& problem) {
  const std::size_t n_outputs = problem.n_outputs(), n_columns = problem.n_coefficients() / n_outputs;
  const std::size_t n_free = n_outputs > 1 ? n_outputs - 1 : 1;
  std::vector<std::size_t> free(n_free * n_columns);
  std::iota(free.begin(), free.end(), std::size_t{0});
  for (std::size_t k = 0; k < n_free; ++k) free.push_back(problem.n_coefficients() + k);
  return free;
}

struct NewtonStep {
  std::vector<double> direction;
  bool is_lifted;  ///< the curvature along it is rounding, but for the lift
};

NewtonStep newton_step(std::span<const double> hessian, std::span<const double> gradient,
                       std::span<const std::size_t> free) {
  const std::size_t n = gradient.size(), m = free.size();
  std::vector<double> H(m * m), slope(m), lifts(m), step(m), direction(n, 0.0);
  for (std::size_t i = 0; i < m; ++i) {
    for (std::size_t j = 0; j <= i; ++j) H[i * m + j] = hessian[free[i] * n + free[j]];
    lifts[i] = lift * H[i * m + i] + std::numeric_limits<double>::min();
    H[i * m + i] += lifts[i];
    slope[i] = gradient[free[i]];
    step[i] = -slope[i];
  }
  if (!factor_cholesky(H, m)) return {std::move(direction), true};
  solve_cholesky(H, step);
  const double curvature = -dot(step, slope);
  double of_lifts = 0;
  for (std::size_t i = 0; i < m; ++i) {
    of_lifts += lifts[i] * step[i] * step[i];
    direction[free[i]] = step[i];
  }
  return {std::move(direction), !(of_lifts < 0.25 * curvature)};
}

struct Point {
  std::vector<double> parameters;
  std::vector<double> gradient;
  double objective;
};

template <class Problem>
Point evaluate(Problem& problem, std::vector<double> parameters) {
  std::vector<double> gradient(parameters.size());
  const double objective = problem.evaluate(parameters, gradient);
  return {std::move(parameters), std::move(gradient), objective};
}

/// The first of all, half, a quarter … of the way that lowers the objective; nullopt: rounding hides it.
template <class Problem>
std::optional<Point> go(Problem& problem, const Point& from, std::span<const double> direction) {
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

/// Whether each row is on its own side already.
bool places_all(const LogisticProblem<double>& problem) {
  return problem.separated();
}
bool places_all(const SparseProblem& /*problem*/) {
  return false;  // it does not count them
}

template <class Problem>
bool look(Problem& problem, std::vector<double> parameters, std::vector<double> hessian) {
  const std::vector<std::size_t> free = free_parameters(problem);
  std::optional<Point> point = evaluate(problem, std::move(parameters));
  for (int i = 0; i < most_steps && point && !places_all(problem); ++i) {
    if (i > 0) hessian = problem.hessian(point->parameters);
    const auto [direction, is_lifted] = newton_step(hessian, point->gradient, free);
    if (problem.largest_move(direction) < short_move) return is_lifted && i > 0;
    point = go(problem, *point, direction);
  }
  return true;
}

}  // namespace

bool is_separated(LogisticProblem<double> problem, std::vector<double> parameters, std::vector<double> hessian) {
  return look(problem, std::move(parameters), std::move(hessian));
}

bool is_separated(const SparseProblem& problem, std::vector<double> parameters) {
  std::vector<double> hessian = problem.hessian(parameters);
  return look(problem, std::move(parameters), std::move(hessian));
}

void log_separable(std::string_view where, std::string_view what, std::string_view remedy) {
  log(LogLevel::warning,
      fmt::format("[{}] {}: without a penalty the coefficients grow without bound; {}", where, what, remedy));
}

}  // namespace thrum
