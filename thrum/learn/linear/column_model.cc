#include <algorithm>
#include <cmath>
#include <iterator>
#include <numeric>
#include <utility>

#include "thrum/learn/linear/column_problem_internal.h"
#include "thrum/learn/linear/intercepts_internal.h"
#include "thrum/learn/linear/soft_threshold_internal.h"

namespace thrum {
namespace {

/// The model is solved until a sweep finds violations of this part of those that the first one found: more would be
/// better than the model is, but where that is the loss itself.
constexpr double enough = 0.3;
constexpr double enough_of_squares = 1e-3;
constexpr int most_sweeps = 1000;

}  // namespace

/// The quadratic model of the loss at a point, and the step from there so far.
class ColumnProblem::Model {
 public:
  Model(const ColumnProblem& at, std::span<const double> parameters, std::span<const std::size_t> moving)
      : at_(at),
        K_(at.n_outputs_),
        d_(at.columns_.rows()),
        parameters_(parameters),
        moving_(moving),
        slopes_(at.slopes_),
        step_(parameters.size(), 0.0),
        curvatures_(moving.size()),
        intercepts_(make_intercepts()) {
    if (!intercepts_.sound()) return;
    for (std::size_t m = 0; m < moving.size(); ++m) curvatures_[m] -= intercepts_.curvature(m, m);
    std::vector<double> slopes(n_free_);
    for (std::size_t i = 0; i < at.weights_.size(); ++i) {
      for (std::size_t a = 0; a < n_free_; ++a) slopes[a] += slopes_[i * K_ + a];
    }
    free_ = intercepts_.moves({}, slopes);
  }

  bool sound() const { return intercepts_.sound(); }
  std::vector<double> take_step() {
    std::ranges::copy(free_, step_.begin() + static_cast<std::ptrdiff_t>(K_ * d_));
    return std::move(step_);
  }

  /// The coefficients take turns, mostly those that are not zero.
  void minimize(double l1) {
    std::vector<std::size_t> all(moving_.size()), active;
    std::iota(all.begin(), all.end(), std::size_t{0});
    double tolerance = 0;
    for (int sweeps = 1; sweeps < most_sweeps; ++sweeps) {
      const double violation = sweep(all, l1);
      if (sweeps == 1)
        tolerance = violation * (at_.problem_.loss() == SparseLoss::squared ? enough_of_squares : enough);
      if (violation <= tolerance) return;
      active.clear();
      std::ranges::copy_if(all, std::back_inserter(active), [&](std::size_t m) { return value(m) != 0; });
      while (sweep(active, l1) > tolerance && ++sweeps < most_sweeps) {
      }
    }
  }

 private:
  /// The largest violation of a condition of optimality that it found.
  double sweep(std::span<const std::size_t> coefficients, double l1) {
    at_.problem_.execution().check_stop("fit");
    double largest = 0;
    for (const std::size_t m : coefficients) largest = std::max(largest, move(m, l1));
    return largest;
  }

  double value(std::size_t m) const { return parameters_[moving_[m]] + step_[moving_[m]]; }

  /// Moves the m-th coefficient to its best; how much it violated its condition of optimality.
  double move(std::size_t m, double l1) {
    const std::size_t c = moving_[m], k = c / d_, j = c % d_;
    const auto column = at_.columns_.row(j);
    const double scale = at_.problem_.scale(j), u = value(m), h = curvatures_[m];
    const double slope =
        product(column, slopes_.data() + k, K_) / scale + at_.problem_.l2() * u + intercepts_.pull(m, free_);
    if (u == 0 && std::abs(slope) <= l1) return 0;
    if (!(h > 0)) return 0;
    const double change = soft_threshold(h * u - slope, l1) / h - u;
    step_[c] += change;
    const double part = change / scale;
    column.values.visit([&](const auto* values) {
      for (std::size_t v = 0; v < column.columns.size(); ++v) shift(column.columns[v], k, part * values[v]);
    });
    intercepts_.follow(m, change, free_);
    return std::abs(u != 0 ? slope + std::copysign(l1, u) : std::abs(slope) - l1);
  }

  /// Of the loss of row i along margins k and l.
  double second(std::size_t i, std::size_t k, std::size_t l) const {
    const double* const p = at_.seconds_.data() + i * K_;
    if (K_ == 1) return p[0];
    return at_.weights_[i] * p[k] * ((k == l ? 1 : 0) - p[l]);
  }

  Intercepts make_intercepts() {
    // Softmax makes one of them redundant.
    n_free_ = !at_.problem_.fits_intercept() ? 0 : K_ > 1 ? K_ - 1 : 1;
    std::vector<double> own(n_free_ * n_free_), with_coefficients(moving_.size() * n_free_);
    for (std::size_t i = 0; i < at_.weights_.size(); ++i) {
      for (std::size_t a = 0; a < n_free_; ++a) {
        for (std::size_t b = 0; b <= a; ++b) own[a * n_free_ + b] += second(i, a, b);
      }
    }
    const auto set = [&](std::size_t begin, std::size_t end) {
      for (std::size_t m = begin; m < end; ++m) set_curvatures(m, with_coefficients.data() + m * n_free_);
    };
    const Execution& execution = at_.problem_.execution();
    parallel_for(*execution.arena, moving_.size(), columns_per_chunk, set, execution.stop);
    return {moving_.size(), n_free_, std::move(own), std::move(with_coefficients)};
  }

  void set_curvatures(std::size_t m, double* with_intercepts) {
    const std::size_t k = moving_[m] / d_, j = moving_[m] % d_;
    const auto column = at_.columns_.row(j);
    const double scale = at_.problem_.scale(j);
    double sum = 0;
    for (std::size_t v = 0; v < column.columns.size(); ++v) {
      const double x = column.values[v] / scale;
      sum += x * x * second(column.columns[v], k, k);
      for (std::size_t a = 0; a < n_free_; ++a) with_intercepts[a] += x * second(column.columns[v], k, a);
    }
    curvatures_[m] = sum + at_.problem_.l2();
  }

  /// The margin k of row i moves.
  void shift(std::size_t i, std::size_t k, double by) {
    if (K_ == 1) {
      slopes_[i] += at_.seconds_[i] * by;
      return;
    }
    const double* const p = at_.seconds_.data() + i * K_;
    const double pull = at_.weights_[i] * p[k] * by;
    for (std::size_t l = 0; l < K_; ++l) slopes_[i * K_ + l] -= pull * p[l];
    slopes_[i * K_ + k] += pull;
  }

  const ColumnProblem& at_;
  std::size_t K_, d_, n_free_;
  std::span<const double> parameters_;
  std::span<const std::size_t> moving_;
  std::vector<double> slopes_;
  std::vector<double> step_;
  std::vector<double> curvatures_;
  Intercepts intercepts_;
  std::vector<double> free_;  ///< their step
};

std::vector<double> ColumnProblem::model_step(std::span<const double> parameters, std::span<const std::size_t> moving,
                                              double l1) const {
  Model model(*this, parameters, moving);
  if (!model.sound()) return {};
  model.minimize(l1);
  return model.take_step();
}

}  // namespace thrum
