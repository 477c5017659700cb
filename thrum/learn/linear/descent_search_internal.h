#pragma once

#include <optional>
#include <vector>

#include "thrum/learn/linear/lbfgs.h"
#include "thrum/learn/linear/point_search_internal.h"

namespace thrum {

/// What searches with a shrinking step have in common: from the best point so far along a direction, the step is halved
/// until the objective falls by a part of what the direction promised.
class DescentSearch : public PointSearch {
 public:
  DescentSearch(std::vector<double> start, const LbfgsOptions& limits);

  std::span<const double> point() const noexcept override { return trial_; }
  void add(double value, std::span<const double> gradient) override;
  LbfgsResult take_result() override;

 protected:
  /// What the objective has beside the smooth part.
  virtual double penalty(std::span<const double> /*x*/) const { return 0; }
  /// The largest violation of a condition of optimality.
  virtual double violation(std::span<const double> x, std::span<const double> gradient) const;
  /// Called at a new best point: it is to call go(), now or later.
  virtual void choose_direction() = 0;
  /// REQUIRES: promise < 0, the slope of the objective along `direction`, or what bounds it; step > 0, the first try.
  void go(std::vector<double> direction, double promise, double step);
  void stop(LbfgsStop why) { stop_ = why; }
  std::span<const double> gradient() const noexcept { return gradient_; }
  double last_step() const noexcept { return step_; }

 private:
  void judge_start();
  void judge_trial(double value, std::span<const double> gradient);
  bool accepts(double value, double violation) const;
  void place_trial();
  std::optional<LbfgsStop> stop_after(double before);

  LbfgsOptions limits_;
  std::vector<double> gradient_;
  std::vector<double> trial_;
  std::vector<double> direction_;
  double promise_ = 0;
  double step_ = 1;
  int n_halved_ = 0;
  int n_stalled_ = 0;  ///< steps in a row that did not lower the objective
};

/// Steepest descent: the direction is the negative gradient, the first step of each line twice the last that was taken.
class GradientDescent final : public DescentSearch {
 public:
  using DescentSearch::DescentSearch;

 private:
  void choose_direction() override;
};

/// The penalty l1 |u|_1 on u_i = units_i x_i for the first parameters; the others, intercepts, have none.
struct L1Penalty {
  double l1 = 0;
  std::vector<double> units = {};

  double operator()(std::span<const double> x) const;
  /// Along coefficient j at x: `gradient`, that of the smooth part, with that of the penalty; at 0 on the side to which
  /// the objective falls, 0 where it rises to both.
  double slope(std::size_t j, double x, double gradient) const;
  /// The largest violation of a condition of optimality, where `gradient` is that of the smooth part.
  double violation(std::span<const double> x, std::span<const double> gradient) const;
};

/// Newton's methods leave a coefficient at zero while its gradient is below this part of what would move it.
inline constexpr double surely_zero = 0.75;

/// Newton's method. Without an L1 penalty the step solves the Hessian's equations by Cholesky's factors; with one,
/// coordinate descent finds the minimum of the quadratic model with the penalty (Lee, Sun and Saunders, "Proximal
/// Newton-type methods", SIAM Journal on Optimization 24, 2014), the intercepts eliminated before. Coefficients that
/// are zero, and whose gradient says that they will be, are left out of the model.
class NewtonSearch final : public DescentSearch {
 public:
  /// n_intercepts: how many of the last parameters are free intercepts; of three or more, which softmax makes
  /// redundant, the last one stays where it is.
  NewtonSearch(std::vector<double> start, L1Penalty l1, std::size_t n_intercepts, const LbfgsOptions& limits);

  bool wants_hessian() const noexcept override { return wants_hessian_; }
  std::optional<std::vector<std::size_t>> hessian_coefficients() const override;
  void add_hessian(std::vector<double>&& hessian) override;

 private:
  double penalty(std::span<const double> x) const override { return l1_(x); }
  double violation(std::span<const double> x, std::span<const double> gradient) const override {
    return l1_.violation(x, gradient);
  }
  void choose_direction() override { wants_hessian_ = true; }
  void step_by_cholesky(std::vector<double> hessian);
  void step_by_coordinates(const std::vector<double>& hessian);

  L1Penalty l1_;
  std::size_t n_intercepts_;
  bool wants_hessian_ = false;
};

/// Newton's method with the Hessian's equations solved by conjugate gradients, as far as the distance to the optimum
/// makes it worth while (Nocedal and Wright, Numerical Optimization, algorithm 7.1): for many columns, of which no
/// Hessian is formed.
class NewtonCgSearch final : public DescentSearch {
 public:
  using DescentSearch::DescentSearch;

  std::span<const double> wanted_product() const noexcept override {
    return wants_product_ ? std::span<const double>(conjugate_) : std::span<const double>();
  }
  void add_product(std::span<const double> product) override;

 private:
  void choose_direction() override;
  void take_step();

  std::vector<double> step_;
  std::vector<double> residual_;
  std::vector<double> conjugate_;
  double square_ = 0;  ///< of the residual
  double enough_ = 0;  ///< the residual's norm that ends the inner search
  std::size_t n_inner_ = 0;
  bool wants_product_ = false;
};

}  // namespace thrum
