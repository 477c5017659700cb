#include "thrum/learn/linear/logistic_problem_internal.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include "thrum/learn/linear/logistic_hessian_internal.h"
#include "thrum/learn/linear/logistic_product_internal.h"
#include "thrum/learn/linear/sampled_blocks_internal.h"

namespace thrum {
namespace {

constexpr double smallest_curvature = 1e-12;  ///< for columns of zeros

/// The largest |w x + b| of the rows whose weight is not 0; of several outputs the largest difference of two of them.
template <class T>
double largest_spread(const LogisticRows<T>& rows, std::span<const double> step, std::size_t n_outputs) {
  const std::size_t d = rows.n_columns;
  const double least = n_outputs == 1 ? 0 : std::numeric_limits<double>::infinity();
  double largest = 0;
  for (std::size_t t = 0; t < rows.n_tiles; ++t) {
    std::vector<double> low(rows.tile_rows, least), high(rows.tile_rows, -least);
    for (std::size_t k = 0; k < n_outputs; ++k) {
      const T* x = rows.x + t * d * rows.tile_rows;
      std::vector<double> z(rows.tile_rows, step[n_outputs * d + k]);
      for (const double w_j : step.subspan(k * d, d)) {
        for (std::size_t r = 0; r < rows.tile_rows; ++r) z[r] += w_j * static_cast<double>(*x++);
      }
      for (std::size_t r = 0; r < rows.tile_rows; ++r) {
        low[r] = std::min(low[r], z[r]);
        high[r] = std::max(high[r], z[r]);
      }
    }
    for (std::size_t r = 0; r < rows.tile_rows; ++r) {
      if (rows.weights[t * rows.tile_rows + r] != 0) largest = std::max(largest, high[r] - low[r]);
    }
  }
  return largest;
}

}  // namespace

template <class T>
LogisticTargets<T>::LogisticTargets(const DesignMatrix<T>& x, std::span<const double> y,
                                    std::span<const double> row_weights, double total, std::size_t n_classes,
                                    const Execution& execution)
    : loss(RowLoss::logistic),
      n_outputs(n_classes == 2 ? 1 : n_classes),
      total_weight(total),
      curvature(n_classes == 2 ? 0.25 : (1 - 1 / static_cast<double>(n_classes)) / static_cast<double>(n_classes)),
      weights(x.n_tiles() * x.tile_rows(), execution.scratch),
      labels(n_outputs > 1 ? x.n_tiles() * x.tile_rows() : 0, execution.scratch) {
  parallel_for(*execution.arena, x.n_rows(), row_block, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      const auto weight = static_cast<T>(row_weights[i]);
      weights.data()[i] = n_outputs == 1 && y[i] == 0 ? -weight : weight;
      if (n_outputs > 1) labels.data()[i] = static_cast<T>(y[i]);
    }
  });
}

template <class T>
LogisticTargets<T>::LogisticTargets(const DesignMatrix<T>& x, std::span<const double> y,
                                    std::span<const double> row_weights, double total, RowLoss loss_of_mean,
                                    double mean, const Execution& execution)
    : loss(loss_of_mean),
      n_outputs(1),
      total_weight(total),
      curvature(loss == RowLoss::poisson ? mean : 1),
      weights(x.n_tiles() * x.tile_rows(), execution.scratch),
      labels(x.n_tiles() * x.tile_rows(), execution.scratch) {
  parallel_for(*execution.arena, x.n_rows(), row_block, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      weights.data()[i] = static_cast<T>(row_weights[i]);
      labels.data()[i] = static_cast<T>(y[i]);
    }
  });
}

template <class T>
LogisticProblem<T>::LogisticProblem(const DesignMatrix<T>& x, Parts parts, const Execution& execution)
    : x_(x),
      execution_(execution),
      targets_(std::move(parts.targets)),
      l2_(std::move(parts.l2)),
      first_row_(parts.first_row),
      fit_intercept_(parts.fit_intercept) {}

template <class T>
LogisticRows<T> LogisticProblem<T>::rows_of(const Piece& piece) const {
  const auto [begin, end] = piece.rows;
  return {.x = piece.x,
          .weights = targets_->weights.data() + begin,
          .labels = targets_->labels.size() > 0 ? targets_->labels.data() + begin : nullptr,
          .n_tiles = (end - begin + x_.tile_rows() - 1) / x_.tile_rows(),
          .tile_rows = x_.tile_rows(),
          .n_columns = x_.n_columns(),
          .loss = targets_->loss};
}

template <class T>
std::vector<double> LogisticProblem<T>::sum_blocks(
    const BlockSample& blocks, std::size_t n_components,
    FunctionRef<void(RowRange block, std::span<double> partial)> add) const {
  return sum_sampled_blocks(execution_, {first_row_, first_row_ + x_.n_rows()}, blocks.stride, n_components, add);
}

template <class T>
std::vector<double> LogisticProblem<T>::sum(
    const BlockSample& blocks, std::size_t n_components,
    FunctionRef<void(const Piece& piece, std::span<double> partial)> add) const {
  return sum_blocks(blocks, n_components, [&](RowRange block, std::span<double> partial) {
    x_.read(block, [&](const Piece& piece) { add(piece, partial); });
  });
}

template <class T>
BlockSample LogisticProblem<T>::sample(std::size_t stride) const {
  BlockSample blocks{.stride = stride};
  const std::vector<double> total = sum_blocks(blocks, 1, [&](RowRange block, std::span<double> partial) {
    for (std::size_t i = block.begin; i < block.end; ++i) {
      partial[0] += std::abs(static_cast<double>(targets_->weights.data()[i]));
    }
  });
  blocks.total_weight = total[0];
  return blocks.total_weight > 0 ? blocks : all_blocks();
}

template <class T>
double LogisticProblem<T>::evaluate(std::span<const double> parameters, std::span<double> gradient,
                                    const BlockSample& blocks) {
  Evaluation evaluation{.problem = this, .blocks = blocks, .parameters = parameters};
  evaluate_together(std::span(&evaluation, 1));
  std::copy(evaluation.gradient.begin(), evaluation.gradient.end(), gradient.begin());
  return evaluation.value;
}

template <class T>
void LogisticProblem<T>::evaluate_together(std::span<Evaluation> evaluations) {
  const LogisticProblem& first = *evaluations[0].problem;
  const std::size_t n_parameters = first.n_parameters();
  const std::size_t n_sums = LogisticSums::size(first.n_outputs(), first.x_.n_columns());
  std::vector<T> rounded;
  for (const Evaluation& e : evaluations) rounded.insert(rounded.end(), e.parameters.begin(), e.parameters.end());
  const auto add = [&](const Piece& piece, std::span<double> partial) {
    std::vector<LogisticFit<T>> fits;
    for (std::size_t k = 0; k < evaluations.size(); ++k) {
      const T* w = rounded.data() + k * n_parameters;
      fits.push_back({evaluations[k].problem->rows_of(piece),
                      {w, w + first.n_coefficients(), first.n_outputs()},
                      partial.subspan(k * n_sums, n_sums)});
    }
    add_logistic_sums(std::span<const LogisticFit<T>>(fits));
  };
  const std::vector<double> sums = first.sum(evaluations[0].blocks, evaluations.size() * n_sums, add);
  for (std::size_t k = 0; k < evaluations.size(); ++k) {
    evaluations[k].problem->finish(evaluations[k], std::span(sums).subspan(k * n_sums, n_sums));
  }
}

template <class T>
void LogisticProblem<T>::take_spreads() {
  if (std::exchange(has_spreads_, true)) return;
  const std::span<const ColumnSpread> spreads = x_.spreads();
  for (std::size_t j = 0; j < spreads.size(); ++j) l2_[j] *= spreads[j].deviation * spreads[j].deviation;
}

template <class T>
void LogisticProblem<T>::finish(Evaluation& evaluation, std::span<const double> sums) {
  if (evaluation.blocks.stride == 1) take_spreads();
  const double total = evaluation.blocks.total_weight;
  separated_ = targets_->loss == RowLoss::logistic && sums[LogisticSums::misplaced] == 0;
  evaluation.gradient.resize(n_parameters());
  double penalty = 0;
  for (std::size_t i = 0; i < n_parameters(); ++i) {
    evaluation.gradient[i] = sums[LogisticSums::gradient + i] / total;
    if (i >= n_coefficients()) continue;
    const double w = evaluation.parameters[i];
    const double l2 = l2_[i % x_.n_columns()];
    evaluation.gradient[i] += l2 * w;
    penalty += l2 * w * w;
  }
  if (!fit_intercept_) std::fill_n(evaluation.gradient.rbegin(), n_outputs(), 0.0);
  evaluation.value = sums[LogisticSums::loss] / total + 0.5 * penalty;
}

template <class T>
std::vector<double> LogisticProblem<T>::curvature(const BlockSample& blocks) const {
  const std::size_t n = x_.n_columns();
  const std::vector<double> squares = sum(
      blocks, n, [&](const Piece& piece, std::span<double> partial) { add_weighted_squares(rows_of(piece), partial); });
  const double of_loss = targets_->curvature;
  std::vector<double> result(n_parameters(), of_loss);
  for (std::size_t i = 0; i < n_coefficients(); ++i) {
    result[i] = std::max(smallest_curvature, of_loss * squares[i % n] / blocks.total_weight + l2_[i % n]);
  }
  return result;
}

template <class T>
std::vector<double> LogisticProblem<T>::hessian(std::span<const double> parameters, const BlockSample& blocks) const {
  std::vector<std::size_t> all(n_coefficients());
  std::iota(all.begin(), all.end(), std::size_t{0});
  return hessian_of(all, parameters, blocks);
}

template <class T>
std::vector<double> LogisticProblem<T>::hessian_of(std::span<const std::size_t> coefficients,
                                                   std::span<const double> parameters,
                                                   const BlockSample& blocks) const {
  const std::size_t m = coefficients.size(), n = m + n_outputs();
  std::vector<double> result = n_outputs() == 1 ? sum_hessian(coefficients, parameters, blocks)
                                                : part_of(sum_multinomial_hessian(parameters, blocks), coefficients);
  for (double& value : result) value /= blocks.total_weight;
  for (std::size_t i = 0; i < m; ++i) result[i * n + i] += l2_[coefficients[i] % x_.n_columns()];
  if (fit_intercept_) return result;
  for (std::size_t i = m; i < n; ++i) {
    std::fill_n(result.begin() + static_cast<std::ptrdiff_t>(i * n), n, 0.0);
    result[i * n + i] = 1;
  }
  return result;
}

template <class T>
std::vector<double> LogisticProblem<T>::hessian_product(std::span<const double> parameters,
                                                        std::span<const double> direction,
                                                        const BlockSample& blocks) const {
  const std::vector<T> at(parameters.begin(), parameters.end());
  const std::vector<T> along(direction.begin(), direction.end());
  const auto coefficients = [&](const std::vector<T>& values) {
    return LogisticCoefficients<T>{values.data(), values.data() + n_coefficients(), n_outputs()};
  };
  std::vector<double> result = sum(blocks, n_parameters(), [&](const Piece& piece, std::span<double> partial) {
    add_logistic_product(rows_of(piece), coefficients(at), coefficients(along), partial);
  });
  for (double& value : result) value /= blocks.total_weight;
  for (std::size_t i = 0; i < n_coefficients(); ++i) result[i] += l2_[i % x_.n_columns()] * direction[i];
  if (!fit_intercept_) std::fill_n(result.rbegin(), n_outputs(), 0.0);
  return result;
}

template <class T>
double LogisticProblem<T>::largest_move(std::span<const double> step) const {
  std::vector<double> of_blocks((x_.n_rows() + row_block - 1) / row_block + 1, 0.0);
  sum(all_blocks(), 1, [&](const Piece& piece, std::span<double>) {
    double& largest = of_blocks[piece.rows.begin / row_block];
    largest = std::max(largest, largest_spread(rows_of(piece), step, n_outputs()));
  });
  double largest = *std::ranges::max_element(of_blocks);
  execution_.communicator->allreduce(std::span(&largest, 1), ReduceOp::max);
  return largest;
}

template <class T>
std::vector<double> LogisticProblem<T>::sum_hessian(std::span<const std::size_t> columns,
                                                    std::span<const double> parameters,
                                                    const BlockSample& blocks) const {
  const std::vector<T> rounded(parameters.begin(), parameters.end());
  const LogisticCoefficients<T> point{rounded.data(), rounded.data() + n_coefficients(), 1};
  const std::size_t n = columns.size() + 1;
  return sum(blocks, n * n, [&](const Piece& piece, std::span<double> partial) {
    add_logistic_hessian(rows_of(piece), point, columns, partial);
  });
}

template <class T>
std::vector<double> LogisticProblem<T>::sum_multinomial_hessian(std::span<const double> parameters,
                                                                const BlockSample& blocks) const {
  const std::vector<T> rounded(parameters.begin(), parameters.end());
  const LogisticCoefficients<T> point{rounded.data(), rounded.data() + n_coefficients(), n_outputs()};
  return sum(blocks, n_parameters() * n_parameters(), [&](const Piece& piece, std::span<double> partial) {
    add_multinomial_hessian(rows_of(piece), point, partial);
  });
}

/// The rows and columns of these coefficients and of the intercepts.
template <class T>
std::vector<double> LogisticProblem<T>::part_of(std::span<const double> hessian,
                                                std::span<const std::size_t> coefficients) const {
  std::vector<std::size_t> kept(coefficients.begin(), coefficients.end());
  for (std::size_t i = n_coefficients(); i < n_parameters(); ++i) kept.push_back(i);
  std::vector<double> part(kept.size() * kept.size());
  for (std::size_t i = 0; i < kept.size(); ++i) {
    for (std::size_t j = 0; j <= i; ++j) part[i * kept.size() + j] = hessian[kept[i] * n_parameters() + kept[j]];
  }
  return part;
}

template struct LogisticTargets<float>;
template struct LogisticTargets<double>;
template class LogisticProblem<float>;
template class LogisticProblem<double>;

}  // namespace thrum
