#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "thrum/learn/linear/cholesky_internal.h"
#include "thrum/learn/linear/encoded_fits_internal.h"
#include "thrum/learn/linear/logistic_solver_internal.h"
#include "thrum/learn/linear/standard_errors_internal.h"

namespace thrum {
namespace {

/// Below this part of its column's square, what is left of it is rounding.
bool is_sound(std::span<const double> L, std::span<const double> information, std::size_t n, std::size_t stride) {
  const double smallest = 1e3 * static_cast<double>(n) * std::numeric_limits<double>::epsilon();
  for (std::size_t i = 0; i < n; ++i) {
    if (!(L[i * n + i] * L[i * n + i] > smallest * information[i * stride + i])) return false;
  }
  return true;
}

/// The variance of the sum of parameters times `factors`.
double variance(std::span<const double> L, std::vector<double> factors) {
  const std::vector<double> given = factors;
  solve_cholesky(L, factors);
  double sum = 0;
  for (std::size_t i = 0; i < given.size(); ++i) sum += given[i] * factors[i];
  return sum;
}

/// The intercept of `own` is that of `shared` plus these multiples of the coefficients.
std::vector<double> intercept_factors(const Encoder& shared, const Encoder& own) {
  std::vector<double> factors(shared.n_outputs() + 1, 0.0);
  factors.back() = 1;
  for (std::size_t j = 0; j < shared.n_features(); ++j) {
    if (shared.n_categories(j) > 0) continue;
    const Encoder::FeatureEncoding& from = shared.encodings()[j];
    factors[shared.first_output(j)] = (own.encodings()[j].mean - from.mean) / from.scale;
  }
  return factors;
}

}  // namespace

std::optional<std::vector<double>> standard_errors(std::span<const double> information, const Encoder& shared,
                                                   const Encoder& own, bool fit_intercept) {
  const std::size_t n_columns = shared.n_outputs();
  if (own.n_outputs() != n_columns) return std::nullopt;
  const std::size_t n = n_columns + (fit_intercept ? 1 : 0);
  std::vector<double> L(n * n);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j <= i; ++j) L[i * n + j] = information[i * (n_columns + 1) + j];
  }
  if (!factor_cholesky(L, n) || !is_sound(L, information, n, n_columns + 1)) return std::nullopt;
  const std::vector<double> units = column_units(shared, own);
  std::vector<double> errors(n_columns + 1, 0.0);
  for (std::size_t j = 0; j < n_columns; ++j) {
    std::vector<double> factors(n, 0.0);
    factors[j] = units[j];
    errors[j] = std::sqrt(variance(L, std::move(factors)));
  }
  if (fit_intercept) errors.back() = std::sqrt(variance(L, intercept_factors(shared, own)));
  return errors;
}

std::string why_no_inference(bool has_penalty, std::string_view remedy, const TrainingRecord& training,
                             std::size_t n_parameters) {
  if (has_penalty) return fmt::format("a penalty biases the coefficients; use {}", remedy);
  if (!training.converged) return fmt::format("the fit did not converge ({})", training.stopped_by);
  if (n_parameters <= most_newton_parameters) return "";
  return fmt::format("the Hessian of more than {} parameters is not computed", most_newton_parameters);
}

}  // namespace thrum
