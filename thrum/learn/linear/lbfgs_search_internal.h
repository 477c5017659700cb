#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <span>
#include <vector>

#include "thrum/learn/linear/lbfgs.h"
#include "thrum/learn/linear/line_search_internal.h"
#include "thrum/learn/linear/point_search_internal.h"

namespace thrum {

/// The inverse Hessian as the last steps of a search show it.
class InverseHessian {
 public:
  InverseHessian(Preconditioner precondition, std::size_t memory) : precondition_(precondition), memory_(memory) {}

  /// s: the step in x, y: the change of the gradient. Steps without positive curvature are left out.
  void update(std::vector<double> s, std::vector<double> y);
  void forget();
  bool empty() const noexcept { return pairs_.empty(); }
  /// -H g, by the two-loop recursion.
  std::vector<double> direction(std::span<const double> gradient) const;

 private:
  struct Pair {
    std::vector<double> s;
    std::vector<double> y;
    double sy;
  };
  Preconditioner precondition_;
  std::size_t memory_;
  std::deque<Pair> pairs_;
  double scale_ = 1;
};

/// minimize_lbfgs from the inside.
class LbfgsSearch final : public PointSearch {
 public:
  /// Refers to what `precondition` refers to.
  LbfgsSearch(std::vector<double> start, Preconditioner precondition, const LbfgsOptions& options);

  std::span<const double> point() const noexcept override { return trial_x_; }
  void add(double value, std::span<const double> gradient) override;
  LbfgsResult take_result() override;

 private:
  std::optional<LbfgsStop> stop_before_first_step() const;
  void try_line(double value, std::span<const double> gradient);
  void begin_line();
  void end_line_without_step();
  void accept(double value, std::span<const double> gradient);
  std::optional<LbfgsStop> stop_after_step(double before);
  void place_trial();

  LbfgsOptions options_;
  InverseHessian inverse_;
  std::vector<double> gradient_;
  std::vector<double> direction_;
  std::vector<double> trial_x_;
  std::optional<LineSearch> line_;  ///< once the objective at the start is known
  int n_stalled_ = 0;               ///< steps in a row that did not lower the objective
};

}  // namespace thrum
