#include <math.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "thrum/comm/row_blocks.h"
#include "thrum/learn/linear/gram_sums_internal.h"
#include "thrum/learn/linear/log_linear_inference_internal.h"
#include "thrum/learn/linear/standard_errors_internal.h"

namespace thrum {
namespace {

/// std::lgamma has a sign in a global variable.
double log_gamma(double x) {
  int sign = 0;
  return ::lgamma_r(x, &sign);
}

using Piece = DesignMatrix<double>::Piece;

/// The margins of the rows of a piece, padded to whole tiles.
std::vector<double> margins(const FittedMeans& fit, const Piece& piece) {
  const std::size_t d = fit.x.n_columns(), tile_rows = fit.x.tile_rows();
  const std::size_t n_tiles = (piece.rows.size() + tile_rows - 1) / tile_rows;
  std::vector<double> z(n_tiles * tile_rows, fit.parameters[d]);
  const double* x = piece.x;
  for (std::size_t t = 0; t < n_tiles; ++t) {
    for (std::size_t j = 0; j < d; ++j) {
      for (std::size_t r = 0; r < tile_rows; ++r) z[t * tile_rows + r] += fit.parameters[j] * *x++;
    }
  }
  return z;
}

/// What a row adds to the sums, by its target and margin.
template <class Add>
std::vector<double> sum_rows(const FittedMeans& fit, std::size_t n_sums, const Execution& execution, Add add) {
  const double* const weights = fit.targets.weights.data();
  return sum_row_blocks(execution, fit.x.n_rows(), n_sums,
                        [&](std::size_t begin, std::size_t end, std::span<double> partial) {
                          fit.x.read({begin, end}, [&](const Piece& piece) {
                            const std::vector<double> z = margins(fit, piece);
                            for (std::size_t i = piece.rows.begin; i < piece.rows.end; ++i) {
                              if (weights[i] == 0) continue;
                              add(weights[i], fit.y[i], z[i - piece.rows.begin], partial);
                            }
                          });
                        });
}

/// The inverse of the covariance, (n + 1, n + 1), and the log-likelihood.
struct Information {
  std::vector<double> matrix = {};
  double log_likelihood = 0;
  double degrees_of_freedom = std::numeric_limits<double>::infinity();
};

Information of_counts(const FittedMeans& fit, const Execution& execution) {
  const double total = fit.targets.total_weight;
  const std::vector<double> sums =
      sum_rows(fit, 1, execution,
               [](double s, double y, double, std::span<double> partial) { partial[0] += s * log_gamma(y + 1); });
  Information information{.matrix = fit.hessian, .log_likelihood = -total * fit.objective - sums[0]};
  for (double& value : information.matrix) value *= total;
  return information;
}

std::optional<Information> of_amounts(const FittedMeans& fit, const Execution& execution) {
  const double total = fit.targets.total_weight;
  const std::vector<double> sums =
      sum_rows(fit, 2, execution, [](double s, double y, double z, std::span<double> partial) {
        const double deviation = y * std::exp(-z) - 1;
        partial[0] += s * deviation * deviation;
        partial[1] += s * std::log(y);
      });
  const double degrees = total - fit.n_parameters();
  const double dispersion = sums[0] / degrees;
  if (!(degrees > 0 && dispersion > 0)) return std::nullopt;
  const double shape = 1 / dispersion;
  Information information{.log_likelihood = total * (shape * std::log(shape) - log_gamma(shape)) +
                                            (shape - 1) * sums[1] - shape * total * fit.objective,
                          .degrees_of_freedom = degrees};
  const double* const weights = fit.targets.weights.data();
  const std::vector<double> gram =
      gram_matrices(fit.x, fit.targets.labels.data(), std::span(&weights, 1), execution).front();
  const std::size_t n = fit.x.n_columns() + 1;
  information.matrix.resize(n * n);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j <= i; ++j) information.matrix[i * n + j] = gram[i * (n + 1) + j] / dispersion;
  }
  return information;
}

}  // namespace

std::optional<Inference> infer_means(const FittedMeans& fit, const Encoder& shared, const Encoder& own,
                                     const Execution& execution) {
  const std::optional<Information> information =
      fit.family == MeanFamily::poisson ? of_counts(fit, execution) : of_amounts(fit, execution);
  if (!information) return std::nullopt;
  auto errors = standard_errors(information->matrix, shared, own, fit.fit_intercept);
  if (!errors) return std::nullopt;
  return Inference{.standard_errors = std::move(*errors),
                   .log_likelihood = information->log_likelihood,
                   .n_rows = fit.targets.total_weight,
                   .n_parameters = fit.n_parameters(),
                   .degrees_of_freedom = information->degrees_of_freedom};
}

}  // namespace thrum
