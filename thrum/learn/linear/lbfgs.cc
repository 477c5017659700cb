#include "thrum/learn/linear/lbfgs.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <deque>
#include <numeric>
#include <optional>
#include <utility>

#include "thrum/learn/linear/line_search_internal.h"

namespace thrum {
namespace {

using Vector = std::vector<double>;

/// Eight sums side by side, which the compiler makes vectors of.
double dot(std::span<const double> a, std::span<const double> b) {
  constexpr std::size_t lanes = 8;
  std::array<double, lanes> sums{};
  std::size_t i = 0;
  for (; i + lanes <= a.size(); i += lanes) {
    for (std::size_t l = 0; l < lanes; ++l) sums[l] += a[i + l] * b[i + l];
  }
  for (std::size_t l = 0; i < a.size(); ++i, ++l) sums[l] += a[i] * b[i];
  return std::accumulate(sums.begin(), sums.end(), 0.0);
}

void add_scaled(double factor, std::span<const double> a, std::span<double> to) {
  for (std::size_t i = 0; i < a.size(); ++i) to[i] += factor * a[i];
}

double largest_absolute(std::span<const double> a) {
  double largest = 0;
  for (const double value : a) largest = std::max(largest, std::abs(value));
  return largest;
}

/// The inverse Hessian as the last steps show it.
class InverseHessian {
 public:
  InverseHessian(Preconditioner precondition, std::size_t memory) : precondition_(precondition), memory_(memory) {}

  /// s: the step in x, y: the change of the gradient. Steps without positive curvature are left out.
  void update(Vector s, Vector y) {
    const double sy = dot(s, y);
    if (sy <= 1e-10 * std::sqrt(dot(s, s) * dot(y, y))) return;
    Vector scaled_y(y);
    precondition_(scaled_y);
    scale_ = sy / dot(y, scaled_y);
    if (pairs_.size() == memory_) pairs_.pop_front();
    pairs_.push_back({std::move(s), std::move(y), sy});
  }

  void forget() {
    pairs_.clear();
    scale_ = 1;
  }
  bool empty() const { return pairs_.empty(); }

  /// -H g, by the two-loop recursion.
  Vector direction(std::span<const double> gradient) const {
    Vector q(gradient.begin(), gradient.end());
    Vector a(pairs_.size());
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

 private:
  struct Pair {
    Vector s;
    Vector y;
    double sy;
  };
  Preconditioner precondition_;
  std::size_t memory_;
  std::deque<Pair> pairs_;
  double scale_ = 1;
};

class Lbfgs {
 public:
  Lbfgs(Objective objective, Vector start, Preconditioner precondition, const LbfgsOptions& options)
      : objective_(objective),
        options_(options),
        inverse_(precondition, options.memory),
        gradient_(start.size()),
        trial_x_(start.size()),
        trial_gradient_(start.size()) {
    result_.x = std::move(start);
  }

  LbfgsResult run(LbfgsCallback on_iteration) {
    result_.objective = objective_(result_.x, gradient_);
    result_.evaluations = 1;
    std::optional<LbfgsStop> stop = stop_before_first_step();
    while (!stop) {
      stop = step();
      ++result_.iterations;
      on_iteration(result_.iterations, result_.objective);
    }
    result_.gradient_max = largest_absolute(gradient_);
    result_.stopped_by = *stop;
    return std::move(result_);
  }

 private:
  std::optional<LbfgsStop> stop_before_first_step() const {
    if (!std::isfinite(result_.objective) || !std::isfinite(dot(gradient_, gradient_))) return LbfgsStop::not_finite;
    if (largest_absolute(gradient_) <= options_.gradient_tolerance) return LbfgsStop::gradient;
    if (options_.max_iter == 0) return LbfgsStop::max_iter;
    return std::nullopt;
  }

  std::optional<LbfgsStop> step() {
    const double before = result_.objective;
    if (!advance()) {
      if (inverse_.empty()) return LbfgsStop::objective;
      inverse_.forget();
      if (!advance()) return LbfgsStop::objective;
    }
    if (largest_absolute(gradient_) <= options_.gradient_tolerance) return LbfgsStop::gradient;
    const double size = std::max(std::abs(before), std::abs(result_.objective));
    n_stalled_ = before - result_.objective <= 64 * options_.precision * size ? n_stalled_ + 1 : 0;
    if (n_stalled_ == 3) return LbfgsStop::objective;
    if (result_.iterations + 1 >= options_.max_iter) return LbfgsStop::max_iter;
    return std::nullopt;
  }

  /// Moves to an acceptable point along -H g; false where there is none.
  bool advance() {
    const Vector direction = inverse_.direction(gradient_);
    const double slope = dot(direction, gradient_);
    if (!(slope < 0)) return false;
    const auto evaluate = [&](double step) {
      for (std::size_t i = 0; i < trial_x_.size(); ++i) trial_x_[i] = result_.x[i] + step * direction[i];
      const double value = objective_(trial_x_, trial_gradient_);
      ++result_.evaluations;
      return LinePoint{step, value, dot(direction, trial_gradient_)};
    };
    const double noise = 8 * options_.precision * std::abs(result_.objective);
    const auto point = search_line(evaluate, {0, result_.objective, slope}, noise);
    if (!point) return false;
    accept(*point);
    return true;
  }

  void accept(const LinePoint& point) {
    Vector s(trial_x_);
    add_scaled(-1, result_.x, s);
    Vector y(trial_gradient_);
    add_scaled(-1, gradient_, y);
    inverse_.update(std::move(s), std::move(y));
    result_.x.swap(trial_x_);
    gradient_.swap(trial_gradient_);
    result_.objective = point.value;
  }

  Objective objective_;
  LbfgsOptions options_;
  InverseHessian inverse_;
  Vector gradient_;
  Vector trial_x_;
  Vector trial_gradient_;
  int n_stalled_ = 0;  ///< steps in a row that did not lower the objective
  LbfgsResult result_;
};

}  // namespace

LbfgsResult minimize_lbfgs(Objective objective, std::vector<double> start, Preconditioner precondition,
                           const LbfgsOptions& options, LbfgsCallback on_iteration) {
  return Lbfgs(objective, std::move(start), precondition, options).run(on_iteration);
}

}  // namespace thrum
