#include "thrum/learn/linear/sparse_problem_internal.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include "thrum/comm/row_blocks.h"
#include "thrum/core/error.h"
#include "thrum/learn/linear/logistic_solver_internal.h"

namespace thrum {
namespace {

/// A number of a row that is not zero, or the 1 of an intercept, among the parameters of a Hessian.
struct Entry {
  std::size_t place;
  std::size_t output;
  double value;
};

/// Adds s x x^T times the second derivatives of a row's loss: `second` of two outputs.
template <class Second>
void add_curvature(std::span<const Entry> row, Second second, double s, std::size_t n, std::span<double> sums) {
  for (const Entry& a : row) {
    for (const Entry& b : row) {
      if (b.place > a.place) continue;
      sums[a.place * n + b.place] += s * second(a.output, b.output) * a.value * b.value;
    }
  }
}

}  // namespace

SparseProblem::SparseProblem(const SparseRows& rows, Parts parts, const Execution& execution, const char* where)
    : rows_(rows), parts_(std::move(parts)), execution_(execution), where_(where) {
  const std::size_t d = rows.X.cols();
  const std::vector<double> sums = sum_row_blocks(
      execution, rows.X.rows(), 2 * d + 5, [&](std::size_t begin, std::size_t end, std::span<double> partial) {
        for (std::size_t i = begin; i < end; ++i) {
          const double s = rows.weight(i);
          const auto row = rows.X.row(i);
          for (std::size_t k = 0; k < row.columns.size(); ++k) {
            partial[row.columns[k]] += s * row.values[k];
            partial[d + row.columns[k]] += s * row.values[k] * row.values[k];
          }
          const double n = static_cast<double>(row.columns.size());
          partial[2 * d + 3] += n;
          partial[2 * d + 4] += 0.5 * n * n;
          partial[2 * d] += s;
          partial[2 * d + 1] += loss_weight(i);
          partial[2 * d + 2] += loss_weight(i) * rows.y[i];
        }
      });
  const double weight_of_columns = sums[2 * d];
  total_weight_ = sums[2 * d + 1];
  if (!(total_weight_ > 0)) {
    throw Error(ErrorCode::invalid_argument, fmt::format("[{}] no training row has a weight above 0", where),
                "train on rows with weights above 0");
  }
  mean_target_ = sums[2 * d + 2] / total_weight_;
  n_values_ = sums[2 * d + 3];
  n_products_ = sums[2 * d + 4];
  scales_.assign(d, 1.0);
  mean_squares_.resize(d);
  for (std::size_t j = 0; j < d; ++j) {
    const double mean = sums[j] / weight_of_columns;
    const double square = sums[d + j] / weight_of_columns;
    const double variance = square - mean * mean;
    constexpr double rounding = 16 * std::numeric_limits<double>::epsilon();
    if (parts_.standardize && variance > rounding * square) scales_[j] = std::sqrt(variance);
    mean_squares_[j] = square / (scales_[j] * scales_[j]);
  }
}

bool SparseProblem::has_cheap_products() const noexcept {
  constexpr double sweeps = 20;
  const double k = static_cast<double>(n_outputs()), n = static_cast<double>(n_coefficients());
  return n_coefficients() <= most_newton_parameters && k * k * n_products_ + sweeps * n * n <= sweeps * k * n_values_;
}

std::vector<double> SparseProblem::loss_weights() const {
  std::vector<double> weights(rows_.y.size());
  for (std::size_t i = 0; i < weights.size(); ++i) weights[i] = loss_weight(i);
  return weights;
}

std::vector<double> SparseProblem::scaled(std::span<const double> parameters) const {
  const std::size_t d = rows_.X.cols();
  std::vector<double> w(parameters.begin(), parameters.end());
  for (std::size_t i = 0; i < parts_.n_outputs * d; ++i) w[i] /= scales_[i % d];
  return w;
}

void SparseProblem::set_margins(std::size_t i, std::span<const double> w, std::span<double> margins) const {
  const std::size_t d = rows_.X.cols(), n_outputs = margins.size();
  const auto row = rows_.X.row(i);
  for (std::size_t k = 0; k < n_outputs; ++k) {
    double z = w[n_outputs * d + k];
    for (std::size_t v = 0; v < row.columns.size(); ++v) z += w[k * d + row.columns[v]] * row.values[v];
    margins[k] = z;
  }
}

void SparseProblem::add_row(std::size_t i, std::span<const double> w, std::span<double> margins,
                            std::span<double> sums) const {
  const std::size_t d = rows_.X.cols();
  const std::size_t n_outputs = margins.size();
  const double s = loss_weight(i);
  if (s == 0) return;
  const auto row = rows_.X.row(i);
  set_margins(i, w, margins);
  if (parts_.loss == SparseLoss::softmax) {
    const auto own = static_cast<std::size_t>(rows_.y[i]);
    sums[0] += s * softmax_loss(margins, own);
    margins[own] -= 1;
  } else {
    const LossAndSlope at = loss_at(parts_.loss, margins[0], rows_.y[i]);
    sums[0] += s * at.loss;
    margins[0] = at.slope;
  }
  for (std::size_t k = 0; k < n_outputs; ++k) {
    const double r = s * margins[k];
    for (std::size_t v = 0; v < row.columns.size(); ++v) sums[1 + k * d + row.columns[v]] += r * row.values[v];
    sums[1 + n_outputs * d + k] += r;
  }
}

double SparseProblem::evaluate(std::span<const double> parameters, std::span<double> gradient) const {
  const std::size_t d = rows_.X.cols();
  const std::size_t n_coefficients = parts_.n_outputs * d;
  const std::vector<double> w = scaled(parameters);
  const std::vector<double> sums = sum_row_blocks(execution_, rows_.X.rows(), n_parameters() + 1,
                                                  [&](std::size_t begin, std::size_t end, std::span<double> partial) {
                                                    std::vector<double> margins(parts_.n_outputs);
                                                    for (std::size_t i = begin; i < end; ++i)
                                                      add_row(i, w, margins, partial);
                                                  });
  double penalty = 0;
  for (std::size_t i = 0; i < n_parameters(); ++i) {
    gradient[i] = sums[1 + i] / total_weight_;
    if (i >= n_coefficients) {
      if (!parts_.fit_intercept) gradient[i] = 0;
      continue;
    }
    gradient[i] = gradient[i] / scales_[i % d] + l2_ * parameters[i];
    penalty += l2_ * parameters[i] * parameters[i];
  }
  return sums[0] / total_weight_ + 0.5 * penalty;
}

std::vector<double> SparseProblem::hessian_of(std::span<const std::size_t> coefficients,
                                              std::span<const double> parameters) const {
  constexpr std::size_t none = std::numeric_limits<std::size_t>::max();
  const std::size_t d = rows_.X.cols(), n_outputs = parts_.n_outputs, m = coefficients.size(), n = m + n_outputs;
  std::vector<std::size_t> places(n_outputs * d, none);
  for (std::size_t i = 0; i < m; ++i) places[coefficients[i]] = i;
  const std::vector<double> w = scaled(parameters);
  const auto add_rows = [&](std::size_t begin, std::size_t end, std::span<double> partial) {
    std::vector<double> p(n_outputs);
    std::vector<Entry> entries;
    const auto second = [&](std::size_t k, std::size_t l) {
      if (parts_.loss == SparseLoss::squared) return 1.0;
      return parts_.loss == SparseLoss::poisson ? p[k] : p[k] * ((k == l ? 1 : 0) - p[l]);
    };
    for (std::size_t i = begin; i < end; ++i) {
      if (loss_weight(i) == 0) continue;
      set_margins(i, w, p);
      if (n_outputs > 1) {
        set_probabilities(p);
      } else {
        p[0] = parts_.loss == SparseLoss::poisson ? std::exp(p[0]) : logistic_loss(p[0], 0).slope;
      }
      entries.clear();
      const auto row = rows_.X.row(i);
      for (std::size_t k = 0; k < n_outputs; ++k) {
        for (std::size_t v = 0; v < row.columns.size(); ++v) {
          const std::size_t j = row.columns[v], place = places[k * d + j];
          if (place != none) entries.push_back({place, k, row.values[v] / scales_[j]});
        }
        entries.push_back({m + k, k, 1});
      }
      add_curvature(entries, second, loss_weight(i), n, partial);
    }
  };
  std::vector<double> hessian = sum_row_blocks(execution_, rows_.X.rows(), n * n, add_rows);
  for (double& value : hessian) value /= total_weight_;
  for (std::size_t i = 0; i < m; ++i) hessian[i * n + i] += l2_;
  if (parts_.fit_intercept) return hessian;
  for (std::size_t i = m; i < n; ++i) {
    std::fill_n(hessian.begin() + static_cast<std::ptrdiff_t>(i * n), n, 0.0);
    hessian[i * n + i] = 1;
  }
  return hessian;
}

std::vector<double> SparseProblem::hessian(std::span<const double> parameters) const {
  std::vector<std::size_t> all(n_coefficients());
  std::iota(all.begin(), all.end(), std::size_t{0});
  return hessian_of(all, parameters);
}

double SparseProblem::largest_move(std::span<const double> step) const {
  const std::vector<double> w = scaled(step);
  std::vector<double> of_blocks(rows_.X.rows() / row_block + 1, 0.0);
  const auto look_at = [&](std::size_t begin, std::size_t end) {
    std::vector<double> moves(n_outputs());
    for (std::size_t i = begin; i < end; ++i) {
      if (loss_weight(i) == 0) continue;
      set_margins(i, w, moves);
      const auto [low, high] = std::ranges::minmax(moves);
      const double move = n_outputs() == 1 ? std::abs(low) : high - low;
      of_blocks[begin / row_block] = std::max(of_blocks[begin / row_block], move);
    }
  };
  parallel_for(*execution_.arena, rows_.X.rows(), row_block, look_at, execution_.stop);
  double largest = *std::ranges::max_element(of_blocks);
  execution_.communicator->allreduce(std::span(&largest, 1), ReduceOp::max);
  return largest;
}

void SparseProblem::precondition(std::span<double> x, double typical) const {
  constexpr double smallest = 1e-12;  // for columns of zeros
  const std::size_t d = rows_.X.cols();
  for (std::size_t i = 0; i < parts_.n_outputs * d; ++i) {
    x[i] /= std::max(smallest, typical * mean_squares_[i % d] + l2_);
  }
  for (std::size_t i = parts_.n_outputs * d; i < x.size(); ++i) x[i] /= typical;
}

std::vector<double> SparseProblem::coefficients(std::span<const double> parameters) const {
  const std::size_t d = rows_.X.cols();
  std::vector<double> w(parameters.begin(), parameters.begin() + static_cast<std::ptrdiff_t>(parts_.n_outputs * d));
  for (std::size_t i = 0; i < w.size(); ++i) w[i] /= scales_[i % d];
  return w;
}

std::vector<double> SparseProblem::intercepts(std::span<const double> parameters) const {
  const auto last = parameters.last(parts_.n_outputs);
  return {last.begin(), last.end()};
}

}  // namespace thrum
