#include <algorithm>
#include <cmath>
#include <utility>

#include "thrum/learn/linear/descent_search_internal.h"
#include "thrum/learn/linear/soft_threshold_internal.h"

namespace thrum {
namespace {

constexpr double least_part = 1e-4;  ///< of the promise, that a step must keep
constexpr int most_halved = 50;

}  // namespace

DescentSearch::DescentSearch(std::vector<double> start, const LbfgsOptions& limits) : limits_(limits), trial_(start) {
  result_.x = std::move(start);
}

void DescentSearch::add(double value, std::span<const double> gradient) {
  ++result_.evaluations;
  value += penalty(trial_);
  if (result_.evaluations > 1) return judge_trial(value, gradient);
  result_.objective = value;
  gradient_.assign(gradient.begin(), gradient.end());
  judge_start();
}

LbfgsResult DescentSearch::take_result() {
  result_.gradient_max = violation(result_.x, gradient_);
  result_.stopped_by = *stop_;
  return std::move(result_);
}

double DescentSearch::violation(std::span<const double>, std::span<const double> gradient) const {
  double largest = 0;
  for (const double g : gradient) largest = std::max(largest, std::abs(g));
  return largest;
}

void DescentSearch::judge_start() {
  const bool finite = std::ranges::all_of(gradient_, [](double g) { return std::isfinite(g); });
  if (!std::isfinite(result_.objective) || !finite) return stop(LbfgsStop::not_finite);
  if (violation(result_.x, gradient_) <= limits_.gradient_tolerance) return stop(LbfgsStop::gradient);
  if (limits_.max_iter == 0) return stop(LbfgsStop::max_iter);
  choose_direction();
}

void DescentSearch::go(std::vector<double> direction, double promise, double step) {
  direction_ = std::move(direction);
  promise_ = promise;
  step_ = step;
  n_halved_ = 0;
  place_trial();
}

void DescentSearch::place_trial() {
  for (std::size_t i = 0; i < trial_.size(); ++i) trial_[i] = result_.x[i] + step_ * direction_[i];
}

/// Where rounding hides the decrease, the conditions of optimality tell.
bool DescentSearch::accepts(double value, double violation_there) const {
  if (!std::isfinite(value)) return false;
  if (value <= result_.objective + least_part * step_ * promise_) return true;
  const double noise = 8 * limits_.precision * std::abs(result_.objective);
  return value <= result_.objective + noise && violation_there < 0.5 * violation(result_.x, gradient_);
}

void DescentSearch::judge_trial(double value, std::span<const double> gradient) {
  if (!accepts(value, violation(trial_, gradient))) {
    step_ *= 0.5;
    ++n_halved_;
    if (n_halved_ < most_halved) return place_trial();
    ++result_.iterations;
    return stop(LbfgsStop::objective);
  }
  const double before = std::exchange(result_.objective, value);
  result_.x = trial_;
  gradient_.assign(gradient.begin(), gradient.end());
  ++result_.iterations;
  stop_ = stop_after(before);
  if (!stop_) choose_direction();
}

std::optional<LbfgsStop> DescentSearch::stop_after(double before) {
  if (violation(result_.x, gradient_) <= limits_.gradient_tolerance) return LbfgsStop::gradient;
  const double size = std::max(std::abs(before), std::abs(result_.objective));
  n_stalled_ = before - result_.objective <= 64 * limits_.precision * size ? n_stalled_ + 1 : 0;
  if (n_stalled_ == 3) return LbfgsStop::objective;
  if (result_.iterations >= limits_.max_iter) return LbfgsStop::max_iter;
  return std::nullopt;
}

double L1Penalty::operator()(std::span<const double> x) const {
  if (l1 == 0) return 0;
  double sum = 0;
  for (std::size_t j = 0; j < units.size(); ++j) sum += std::abs(units[j] * x[j]);
  return l1 * sum;
}

double L1Penalty::slope(std::size_t j, double x, double gradient) const {
  const double pull = j < units.size() ? l1 * units[j] : 0;
  if (x != 0) return gradient + std::copysign(pull, x);
  return soft_threshold(gradient, pull);
}

double L1Penalty::violation(std::span<const double> x, std::span<const double> gradient) const {
  double largest = 0;
  for (std::size_t j = 0; j < gradient.size(); ++j) {
    largest = std::max(largest, std::abs(slope(j, x[j], gradient[j])));
  }
  return largest;
}

void GradientDescent::choose_direction() {
  std::vector<double> direction(gradient().begin(), gradient().end());
  double square = 0;
  for (double& value : direction) {
    square += value * value;
    value = -value;
  }
  go(std::move(direction), -square, 2 * last_step());
}

}  // namespace thrum
