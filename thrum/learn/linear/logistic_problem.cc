#include "thrum/learn/linear/logistic_problem_internal.h"

#include <algorithm>
#include <cmath>

#include "thrum/comm/row_blocks.h"

namespace thrum {
namespace {

constexpr double smallest_curvature = 1e-12;  ///< for columns of zeros

}  // namespace

template <class T>
LogisticProblem<T>::LogisticProblem(const DesignMatrix<T>& x, const Parts& parts, const Execution& execution)
    : x_(x),
      execution_(execution),
      n_outputs_(parts.n_classes == 2 ? 1 : parts.n_classes),
      total_weight_(parts.total_weight),
      l2_(parts.l2),
      fit_intercept_(parts.fit_intercept),
      weights_(x.n_tiles() * x.tile_rows()),
      labels_(n_outputs_ > 1 ? x.n_tiles() * x.tile_rows() : 0) {
  parallel_for(*execution.arena, x.n_rows(), row_block, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      const auto weight = static_cast<T>(parts.weights[i]);
      weights_.data()[i] = n_outputs_ == 1 && parts.y[i] == 0 ? -weight : weight;
      if (n_outputs_ > 1) labels_.data()[i] = static_cast<T>(parts.y[i]);
    }
  });
}

template <class T>
LogisticRows<T> LogisticProblem<T>::tiles(std::size_t begin, std::size_t end) const {
  const std::size_t first = begin / x_.tile_rows();
  return {.x = x_.tile(first),
          .weights = weights_.data() + begin,
          .labels = n_outputs_ > 1 ? labels_.data() + begin : nullptr,
          .n_tiles = (end + x_.tile_rows() - 1) / x_.tile_rows() - first,
          .tile_rows = x_.tile_rows(),
          .n_columns = x_.n_columns()};
}

template <class T>
double LogisticProblem<T>::evaluate(std::span<const double> parameters, std::span<double> gradient) {
  const std::vector<T> rounded(parameters.begin(), parameters.end());
  const LogisticCoefficients<T> coefficients{rounded.data(), rounded.data() + n_coefficients(), n_outputs_};
  const std::vector<double> sums =
      sum_row_blocks(execution_, x_.n_rows(), LogisticSums::size(n_outputs_, x_.n_columns()),
                     [&](std::size_t begin, std::size_t end, std::span<double> partial) {
                       add_logistic_sums(tiles(begin, end), coefficients, partial);
                     });
  separated_ = sums[LogisticSums::misplaced] == 0;
  double penalty = 0;
  for (std::size_t i = 0; i < n_parameters(); ++i) {
    gradient[i] = sums[LogisticSums::gradient + i] / total_weight_;
    if (i >= n_coefficients()) continue;
    gradient[i] += l2_ * parameters[i];
    penalty += parameters[i] * parameters[i];
  }
  if (!fit_intercept_) std::fill(gradient.begin() + static_cast<std::ptrdiff_t>(n_coefficients()), gradient.end(), 0.0);
  return sums[LogisticSums::loss] / total_weight_ + 0.5 * l2_ * penalty;
}

template <class T>
std::vector<double> LogisticProblem<T>::curvature() const {
  const std::size_t n = x_.n_columns();
  const std::vector<double> squares =
      sum_row_blocks(execution_, x_.n_rows(), n, [&](std::size_t begin, std::size_t end, std::span<double> partial) {
        add_weighted_squares(tiles(begin, end), partial);
      });
  const double k = static_cast<double>(n_outputs_);
  const double of_loss = n_outputs_ == 1 ? 0.25 : (1 - 1 / k) / k;
  std::vector<double> result(n_parameters(), of_loss);
  for (std::size_t i = 0; i < n_coefficients(); ++i) {
    result[i] = std::max(of_loss * squares[i % n] / total_weight_ + l2_, smallest_curvature);
  }
  return result;
}

template class LogisticProblem<float>;
template class LogisticProblem<double>;

}  // namespace thrum
