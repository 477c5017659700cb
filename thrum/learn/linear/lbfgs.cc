#include "thrum/learn/linear/lbfgs.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "thrum/learn/linear/dot_internal.h"
#include "thrum/learn/linear/lbfgs_search_internal.h"

namespace thrum {
namespace {

void add_scaled(double factor, std::span<const double> a, std::span<double> to) {
  for (std::size_t i = 0; i < a.size(); ++i) to[i] += factor * a[i];
}

double largest_absolute(std::span<const double> a) {
  double largest = 0;
  for (const double value : a) largest = std::max(largest, std::abs(value));
  return largest;
}

}  // namespace

void InverseHessian::update(std::vector<double> s, std::vector<double> y) {
  const double sy = dot(s, y);
  if (sy <= 1e-10 * std::sqrt(dot(s, s) * dot(y, y))) return;
  std::vector<double> scaled_y(y);
  precondition_(scaled_y);
  scale_ = sy / dot(y, scaled_y);
  if (pairs_.size() == memory_) pairs_.pop_front();
  pairs_.push_back({std::move(s), std::move(y), sy});
}

void InverseHessian::forget() {
  pairs_.clear();
  scale_ = 1;
}

std::vector<double> InverseHessian::direction(std::span<const double> gradient) const {
  std::vector<double> q(gradient.begin(), gradient.end());
  std::vector<double> a(pairs_.size());
  for (std::size_t i = pairs_.size(); i-- > 0;) {
    a[i] = dot(pairs_[i].s, q) / pairs_[i].sy;
    add_scaled(-a[i], pairs_[i].y, q);
  }
  precondition_(q);
  for (double& value : q) value *= scale_;
  for (std::size_t i = 0; i < pairs_.size(); ++i) {
    const double b = dot(pairs_[i].y, q) / pairs_[i].sy;
    add_scaled(a[i] - b, pairs_[i].s, q);
  }
  for (double& value : q) value = -value;
  return q;
}

LbfgsSearch::LbfgsSearch(std::vector<double> start, Preconditioner precondition, const LbfgsOptions& options)
    : options_(options), inverse_(precondition, options.memory), trial_x_(start) {
  result_.x = std::move(start);
}

void LbfgsSearch::add(double value, std::span<const double> gradient) {
  ++result_.evaluations;
  if (line_) return try_line(value, gradient);
  result_.objective = value;
  gradient_.assign(gradient.begin(), gradient.end());
  stop_ = stop_before_first_step();
  if (!stop_) begin_line();
}

LbfgsResult LbfgsSearch::take_result() {
  result_.gradient_max = largest_absolute(gradient_);
  result_.stopped_by = *stop_;
  return std::move(result_);
}

std::optional<LbfgsStop> LbfgsSearch::stop_before_first_step() const {
  if (!std::isfinite(result_.objective) || !std::isfinite(dot(gradient_, gradient_))) return LbfgsStop::not_finite;
  if (largest_absolute(gradient_) <= options_.gradient_tolerance) return LbfgsStop::gradient;
  if (options_.max_iter == 0) return LbfgsStop::max_iter;
  return std::nullopt;
}

/// Searches along -H g, where that descends.
void LbfgsSearch::begin_line() {
  direction_ = inverse_.direction(gradient_);
  const double slope = dot(direction_, gradient_);
  if (!(slope < 0)) return end_line_without_step();
  line_.emplace(LinePoint{0, result_.objective, slope}, 8 * options_.precision * std::abs(result_.objective));
  place_trial();
}

void LbfgsSearch::place_trial() {
  for (std::size_t i = 0; i < trial_x_.size(); ++i) trial_x_[i] = result_.x[i] + line_->step() * direction_[i];
}

void LbfgsSearch::try_line(double value, std::span<const double> gradient) {
  switch (line_->add(value, dot(direction_, gradient))) {
    case LineSearch::State::searching:
      return place_trial();
    case LineSearch::State::failed:
      return end_line_without_step();
    case LineSearch::State::found:
      const double before = result_.objective;
      accept(value, gradient);
      stop_ = stop_after_step(before);
      if (!stop_) begin_line();
  }
}

/// Once more with what the preconditioner alone knows; if that was it, this is as far as it goes.
void LbfgsSearch::end_line_without_step() {
  if (!inverse_.empty()) {
    inverse_.forget();
    return begin_line();
  }
  ++result_.iterations;
  stop_ = LbfgsStop::objective;
}

void LbfgsSearch::accept(double value, std::span<const double> gradient) {
  std::vector<double> s(trial_x_);
  add_scaled(-1, result_.x, s);
  std::vector<double> y(gradient.begin(), gradient.end());
  add_scaled(-1, gradient_, y);
  inverse_.update(std::move(s), std::move(y));
  result_.x = trial_x_;
  gradient_.assign(gradient.begin(), gradient.end());
  result_.objective = value;
  ++result_.iterations;
}

std::optional<LbfgsStop> LbfgsSearch::stop_after_step(double before) {
  if (largest_absolute(gradient_) <= options_.gradient_tolerance) return LbfgsStop::gradient;
  const double size = std::max(std::abs(before), std::abs(result_.objective));
  n_stalled_ = before - result_.objective <= 64 * options_.precision * size ? n_stalled_ + 1 : 0;
  if (n_stalled_ == 3) return LbfgsStop::objective;
  if (result_.iterations >= options_.max_iter) return LbfgsStop::max_iter;
  return std::nullopt;
}

LbfgsResult minimize_lbfgs(Objective objective, std::vector<double> start, Preconditioner precondition,
                           const LbfgsOptions& options, LbfgsCallback on_iteration) {
  std::vector<double> gradient(start.size());
  LbfgsSearch search(std::move(start), precondition, options);
  while (!search.done()) {
    const std::size_t before = search.iterations();
    const double value = objective(search.point(), gradient);
    search.add(value, gradient);
    if (search.iterations() > before) on_iteration(search.iterations(), search.objective());
  }
  return search.take_result();
}

}  // namespace thrum
