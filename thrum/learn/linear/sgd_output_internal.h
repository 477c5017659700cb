#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <string_view>
#include <vector>

#include "thrum/learn/linear/averaged_weights_internal.h"
#include "thrum/learn/linear/sgd.h"
#include "thrum/learn/linear/sgd_loss_internal.h"

namespace thrum {

enum class SgdRate { constant, optimal, invscaling, adaptive };

/// What the options say, in numbers.
struct SgdPlan {
  explicit SgdPlan(const SgdOptions& options);

  SgdLoss loss;
  SgdRate rate;
  double epsilon;
  double l1;  ///< strengths
  double l2;
  double alpha;
  double eta0;
  double power_t;
  double optimal_start;  ///< what the number of steps is counted from, with the rate "optimal"
  double tol;
  int n_iter_no_change;
  bool average;
  bool fit_intercept;
};

/// The weights of one class or of the regression, on their way.
class SgdOutput {
 public:
  SgdOutput(const SgdPlan& plan, std::size_t n_columns)
      : plan_(plan), eta_(plan.eta0), weights_(n_columns, plan.average), paid_(plan.l1 > 0 ? n_columns : 0, 0.0) {}

  /// One step, for a row of target y that weighs s; adds its loss before the step to that of the epoch.
  template <class Row>
  void step(const Row& row, double y, double s) {
    const double p = weights_.dot(row) + intercept_;
    loss_ += s * loss_of(plan_.loss, plan_.epsilon, y, p);
    if (n_epochs_ == 0) loss_at_zero_ += s * loss_of(plan_.loss, plan_.epsilon, y, 0);
    const double eta = rate();
    constexpr double steepest = 1e12;
    const double slope = std::clamp(slope_of(plan_.loss, plan_.epsilon, y, p), -steepest, steepest);
    const double change = -eta * slope * s;
    if (plan_.l2 > 0) weights_.shrink(std::max(0.0, 1 - eta * plan_.l2));
    if (change != 0) weights_.add(row, change);
    if (plan_.fit_intercept) intercept_ += change;
    if (plan_.l1 > 0) pay_l1(row, eta);
    weights_.take_into_mean(n_steps_);
    mean_intercept_ += (intercept_ - mean_intercept_) / n_steps_;
    ++n_steps_;
  }

  /// At the end of an epoch over rows of this total weight.
  void end_epoch(double total_weight) {
    objective_ = loss_ / total_weight + weights_.penalty(plan_.l1, plan_.l2);
    loss_ = 0;
    if (n_epochs_ == 0) objective_at_zero_ = loss_at_zero_ / total_weight;
    ++n_epochs_;
    n_stalled_ = objective_ > best_objective_ - plan_.tol ? n_stalled_ + 1 : 0;
    best_objective_ = std::min(best_objective_, objective_);
    if (n_stalled_ < plan_.n_iter_no_change) return;
    constexpr double smallest_rate = 1e-6;
    if (plan_.rate == SgdRate::adaptive && eta_ > smallest_rate) {
      eta_ /= 5;
      n_stalled_ = 0;
    } else {
      done_ = true;
    }
  }

  /// Begins the test of tol anew.
  void restart_test() {
    done_ = false;
    n_stalled_ = 0;
    n_epochs_ = 0;
    loss_at_zero_ = 0;
    best_objective_ = std::numeric_limits<double>::infinity();
  }

  bool done() const noexcept { return done_; }
  /// Whether the weights are far worse than none, as steps that are too large leave them.
  bool has_diverged() const noexcept { return n_epochs_ > 0 && objective_ > 2 * objective_at_zero_; }
  double objective_at_zero() const noexcept { return objective_at_zero_; }
  std::size_t n_epochs() const noexcept { return n_epochs_; }
  double objective() const noexcept { return objective_; }
  bool is_finite() const noexcept { return std::isfinite(objective_) && std::isfinite(intercept_); }
  double intercept() const noexcept { return plan_.average ? mean_intercept_ : intercept_; }
  std::vector<double> coefficients() { return plan_.average ? weights_.mean() : weights_.weights(); }

 private:
  double rate() const {
    if (plan_.rate == SgdRate::optimal) return 1 / (plan_.alpha * (plan_.optimal_start + n_steps_ - 1));
    if (plan_.rate == SgdRate::invscaling) return plan_.eta0 / std::pow(n_steps_, plan_.power_t);
    return eta_;
  }

  /// Each weight pays what it owes of the L1 penalty of all steps so far when a row has it.
  template <class Row>
  void pay_l1(const Row& row, double eta) {
    owed_ += eta * plan_.l1;
    for (std::size_t k = 0; k < row.size(); ++k) {
      const std::size_t j = row.column(k);
      const double before = weights_.weight(j);
      double after = before;
      if (before > 0) after = std::max(0.0, before - (owed_ + paid_[j]));
      if (before < 0) after = std::min(0.0, before + (owed_ - paid_[j]));
      if (after == before) continue;
      weights_.set(j, after);
      paid_[j] += after - before;
    }
  }

  SgdPlan plan_;
  double eta_;
  AveragedWeights weights_;
  double intercept_ = 0;
  double mean_intercept_ = 0;
  double owed_ = 0;           ///< L1 penalty that any weight could have paid
  std::vector<double> paid_;  ///< and what each has
  double n_steps_ = 1;        ///< this one included
  double loss_ = 0;
  double loss_at_zero_ = 0;
  double objective_ = 0;
  double objective_at_zero_ = 0;  ///< of the rows of the first epoch since the test began
  double best_objective_ = std::numeric_limits<double>::infinity();
  int n_stalled_ = 0;
  std::size_t n_epochs_ = 0;
  bool done_ = false;
};

}  // namespace thrum
