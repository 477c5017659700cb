#include "thrum/learn/linear/saga_search_internal.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "thrum/core/random.h"
#include "thrum/learn/linear/row_order_internal.h"
#include "thrum/learn/linear/soft_threshold_internal.h"
#include "thrum/model/link_internal.h"

namespace thrum {

SagaSearch::SagaSearch(std::vector<double> start, SagaProblem problem, const LbfgsOptions& limits)
    : problem_(std::move(problem)),
      limits_(limits),
      slopes_(problem_.weights.values().size() * problem_.n_outputs, problem_.execution->scratch),
      found_(problem_.n_outputs),
      gradient_(start.size(), 0.0) {
  result_.x = std::move(start);
  const std::size_t between_looks = RowOrder::rows_between_looks(problem_.rows->n_columns);
  double total = 0;
  double steepest = 0;
  for (std::size_t i = 0; i < problem_.weights.values().size(); ++i) {
    if (i % between_looks == 0) problem_.execution->keep_within_limit();
    const double s = problem_.weights.values()[i];
    if (s == 0) continue;
    n_active_ += 1;
    total += s;
    double square = 1;
    for (const double x : problem_.rows->matrix().row(i)) square += x * x;
    steepest = std::max(steepest, square * s);
  }
  mean_weight_ = total / n_active_;
  const double curvature = problem_.n_outputs == 1 ? 0.25 : 0.5;
  const double l2 = problem_.l2.empty() ? 0 : std::ranges::max(problem_.l2);
  rate_ = 1 / (3 * (curvature * steepest / mean_weight_ + l2));
}

void SagaSearch::add(double value, std::span<const double> gradient) {
  ++result_.evaluations;
  const std::size_t d = problem_.rows->n_columns;
  double penalty = 0;
  double violation = 0;
  for (std::size_t i = 0; i < gradient.size(); ++i) {
    const double l1 = i < problem_.n_outputs * d ? problem_.l1.l1 * problem_.l1.units[i] : 0;
    const double x = result_.x[i];
    penalty += l1 * std::abs(x);
    violation = std::max(violation, x != 0 ? std::abs(gradient[i] + std::copysign(l1, x)) : std::abs(gradient[i]) - l1);
  }
  result_.objective = value + penalty;
  result_.gradient_max = violation;
  if (!std::isfinite(result_.objective)) {
    stop_ = LbfgsStop::not_finite;
  } else if (violation <= limits_.gradient_tolerance) {
    stop_ = LbfgsStop::gradient;
  } else if (result_.iterations == limits_.max_iter) {
    stop_ = LbfgsStop::max_iter;
  } else {
    walk();
  }
  if (stop_) result_.stopped_by = *stop_;
}

void SagaSearch::walk() {
  const std::size_t n_columns = problem_.rows->n_columns, between_looks = RowOrder::rows_between_looks(n_columns);
  const Execution& execution = *problem_.execution;
  const Random random(execution.seed, 0x73616761 + (static_cast<std::uint64_t>(result_.iterations) << 32));
  const RowOrder order(problem_.weights.values().size(), n_columns, true, random);
  for (std::size_t w = 0; w < order.n_windows(); ++w) {
    const std::vector<std::size_t> rows = order.window(w);
    for (std::size_t t = 0; t < rows.size(); ++t) {
      if (t % between_looks == 0) execution.keep_within_limit();
      if (problem_.weights.values()[rows[t]] > 0) step(rows[t]);
    }
    execution.check_stop("saga");
  }
  ++result_.iterations;
}

void SagaSearch::step(std::size_t row) {
  const std::size_t d = problem_.rows->n_columns;
  const std::size_t n_outputs = problem_.n_outputs;
  const std::span<const double> x = problem_.rows->matrix().row(row);
  const std::vector<double>& slopes = find_slopes(row);
  for (std::size_t k = 0; k < n_outputs; ++k) {
    double& last = slopes_.data()[row * n_outputs + k];
    const double change = slopes[k] - last;
    last = slopes[k];
    for (std::size_t j = 0; j < d; ++j) {
      const std::size_t at = k * d + j;
      const double l1 = problem_.l1.l1 > 0 ? problem_.l1.l1 * problem_.l1.units[at] : 0;
      move(at, change * x[j] + gradient_[at] + problem_.l2[j] * result_.x[at], l1);
      gradient_[at] += change * x[j] / n_active_;
    }
    const std::size_t intercept = n_outputs * d + k;
    if (problem_.fit_intercept) move(intercept, change + gradient_[intercept], 0);
    gradient_[intercept] += change / n_active_;
  }
}

/// A step against the slope `by`, then what the L1 penalty takes.
void SagaSearch::move(std::size_t parameter, double by, double l1) {
  const double x = result_.x[parameter] - rate_ * by;
  result_.x[parameter] = l1 == 0 ? x : soft_threshold(x, rate_ * l1);
}

/// Of the loss by the margins, times what the row weighs beside the mean.
const std::vector<double>& SagaSearch::find_slopes(std::size_t row) {
  const std::size_t d = problem_.rows->n_columns;
  const std::size_t n_outputs = problem_.n_outputs;
  const std::span<const double> x = problem_.rows->matrix().row(row);
  const double y = problem_.rows->y.values()[row];
  std::vector<double>& z = found_;
  for (std::size_t k = 0; k < n_outputs; ++k) {
    z[k] = result_.x[n_outputs * d + k];
    for (std::size_t j = 0; j < d; ++j) z[k] += result_.x[k * d + j] * x[j];
  }
  const double s = problem_.weights.values()[row] / mean_weight_;
  if (n_outputs == 1) {
    std::array<double, 2> probabilities;
    write_logistic(z[0], probabilities);
    z[0] = y == 1 ? -s * probabilities[0] : s * probabilities[1];
    return z;
  }
  softmax(z);
  for (std::size_t k = 0; k < n_outputs; ++k) z[k] = s * (z[k] - (y == static_cast<double>(k) ? 1 : 0));
  return z;
}

}  // namespace thrum
