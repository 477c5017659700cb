#pragma once

#include <cstddef>
#include <vector>

#include "thrum/learn/linear/normal_equations_internal.h"

namespace thrum {

/// What is minimised: 1/2 sum_i s_i (y_i - u x_i)^2 + l1 |u|_1 + l2/2 |u|^2, over u >= 0 where `positive`.
struct ElasticNetPenalty {
  double l1 = 0;
  double l2 = 0;
  bool positive = false;
};

/// Cyclic coordinate descent on the normal equations, each call from where the last one ended. Columns that a safe rule
/// shows to be zero at the optimum are left out (Fercoq, Gramfort and Salmon, "Mind the duality gap: safer rules for
/// the Lasso", 2015), and once the signs no longer change, the equations of the columns that are left are solved.
/// Sequential. Refers to the equations.
class CoordinateDescent {
 public:
  explicit CoordinateDescent(const NormalEquations& equations);

  enum class Measure {
    gap,  ///< the duality gap in parts of yy; without an l1, where that says nothing, the largest violation of a
          ///< condition of optimality relative to its column
    kkt,  ///< the largest violation as it is, for models without yy
  };
  struct Limits {
    double tolerance = 1e-4;
    std::size_t max_epochs = 1000;
    Measure measure = Measure::gap;
  };
  void start_from(std::vector<double> u);
  struct Outcome {
    bool converged = false;
    std::size_t epochs = 0;
    double gap = 0;  ///< how much lower the objective could be at most; 0 without an l1
  };
  Outcome minimize(const ElasticNetPenalty& penalty, const Limits& limits);

  const std::vector<double>& solution() const noexcept { return u_; }
  double objective(const ElasticNetPenalty& penalty) const;
  /// The largest violation of a condition of optimality.
  double kkt(const ElasticNetPenalty& penalty) const;

 private:
  struct Certificate {
    double gap;
    double dual_scale;  ///< that makes the residual a point of the dual problem
  };
  void sweep(const ElasticNetPenalty& penalty);
  void move(std::size_t j, double to);
  Certificate certificate(const ElasticNetPenalty& penalty) const;
  /// What the tolerance is compared with.
  double distance(const ElasticNetPenalty& penalty, Measure measure, Certificate& certificate) const;
  void screen(const ElasticNetPenalty& penalty, const Certificate& certificate);
  void solve_support(const ElasticNetPenalty& penalty);
  double violation(std::size_t j, const ElasticNetPenalty& penalty) const;

  const NormalEquations* equations_;
  std::vector<double> u_;
  std::vector<double> q_;  ///< c - A u
  std::vector<std::size_t> active_;
  bool signs_changed_ = false;
};

/// The penalty at which all coefficients become zero; 0 where they always are.
double largest_l1(const NormalEquations& equations, bool positive);

}  // namespace thrum
