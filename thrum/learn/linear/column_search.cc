#include <cmath>
#include <utility>

#include "thrum/learn/linear/column_search_internal.h"
#include "thrum/learn/linear/dot_internal.h"

namespace thrum {

ColumnSearch::ColumnSearch(std::vector<double> start, double l1, ColumnProblem& problem, const LbfgsOptions& limits)
    : DescentSearch(std::move(start), limits),
      l1_{l1, std::vector<double>(problem.n_coefficients(), 1.0)},
      problem_(problem) {}

void ColumnSearch::choose_direction() {
  std::vector<std::size_t> moving;
  for (std::size_t c = 0; c < problem_.n_coefficients(); ++c) {
    if (best()[c] != 0 || std::abs(gradient()[c]) > surely_zero * l1_.l1) moving.push_back(c);
  }
  std::vector<double> step = problem_.model_step(best(), moving, l1_.l1);
  if (step.empty()) return stop(LbfgsStop::objective);
  double promise = dot(step, gradient()) - l1_(best());
  for (std::size_t c = 0; c < problem_.n_coefficients(); ++c) promise += l1_.l1 * std::abs(best()[c] + step[c]);
  if (!(promise < 0)) return stop(LbfgsStop::objective);
  go(std::move(step), promise, 1);
}

}  // namespace thrum
