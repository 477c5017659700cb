#include <utility>

#include "thrum/learn/linear/descent_search_internal.h"
#include "thrum/learn/linear/dot_internal.h"

namespace thrum {
namespace {

double sign(double x) {
  return x > 0 ? 1 : x < 0 ? -1 : 0;
}

std::vector<double> difference(std::span<const double> a, std::span<const double> b) {
  std::vector<double> c(a.begin(), a.end());
  for (std::size_t i = 0; i < c.size(); ++i) c[i] -= b[i];
  return c;
}

}  // namespace

OrthantSearch::OrthantSearch(std::vector<double> start, L1Penalty l1, Preconditioner precondition,
                             const LbfgsOptions& limits)
    : DescentSearch(std::move(start), limits),
      l1_(std::move(l1)),
      inverse_(precondition, limits.memory),
      signs_(l1_.units.size()) {}

void OrthantSearch::choose_direction() {
  learn_from_step();
  const std::vector<double> slope = steepest_slope();
  for (std::size_t j = 0; j < signs_.size(); ++j) signs_[j] = best()[j] != 0 ? sign(best()[j]) : -sign(slope[j]);
  std::vector<double> direction = descent(slope);
  const double promise = dot(direction, slope);
  if (!(promise < 0)) return stop(LbfgsStop::objective);
  go(std::move(direction), promise, 1);
}

void OrthantSearch::learn_from_step() {
  if (!last_x_.empty()) inverse_.update(difference(best(), last_x_), difference(gradient(), last_gradient_));
  last_x_.assign(best().begin(), best().end());
  last_gradient_.assign(gradient().begin(), gradient().end());
}

std::vector<double> OrthantSearch::steepest_slope() const {
  std::vector<double> slope(gradient().begin(), gradient().end());
  for (std::size_t j = 0; j < signs_.size(); ++j) slope[j] = l1_.slope(j, best()[j], slope[j]);
  return slope;
}

/// The step of L-BFGS, without those coefficients that it would move uphill.
std::vector<double> OrthantSearch::descent(std::span<const double> slope) const {
  std::vector<double> direction = inverse_.direction(slope);
  for (std::size_t j = 0; j < signs_.size(); ++j) {
    if (!(direction[j] * slope[j] < 0)) direction[j] = 0;
  }
  return direction;
}

void OrthantSearch::constrain(std::span<double> trial) const {
  for (std::size_t j = 0; j < signs_.size(); ++j) {
    if (trial[j] * signs_[j] <= 0) trial[j] = 0;
  }
}

}  // namespace thrum
