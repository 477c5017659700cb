#include <fmt/format.h>

#include <cmath>
#include <numbers>
#include <optional>
#include <utility>
#include <vector>

#include "thrum/learn/linear/least_squares_inference_internal.h"
#include "thrum/learn/linear/standard_errors_internal.h"

namespace thrum {

void infer(const LeastSquaresFit& fit, const Encoder& shared, const Encoder& own, LinearRegressionModel::Parts& parts) {
  const std::size_t n = shared.n_outputs() + 1;  // with the intercept
  const double total = fit.total_weight;
  const double n_parameters = static_cast<double>(n - (fit.fit_intercept ? 0 : 1));
  if (!fit.independent) {
    parts.no_inference = dependent_columns;
  } else if (!(total > n_parameters)) {
    parts.no_inference = "there are not more rows than coefficients";
  } else if (!(fit.squared_error > 0)) {
    parts.no_inference = "the fit is exact";
  }
  if (!parts.no_inference.empty()) return;
  const double variance = fit.squared_error / (total - n_parameters);
  std::vector<double> information(n * n);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j <= i; ++j) information[i * n + j] = fit.gram[i * (n + 1) + j] / variance;
  }
  auto errors = standard_errors(information, shared, own, fit.fit_intercept);
  if (!errors) {
    parts.no_inference = dependent_columns;
    return;
  }
  parts.inference =
      Inference{.standard_errors = std::move(*errors),
                .log_likelihood = -0.5 * total * (std::log(2 * std::numbers::pi * fit.squared_error / total) + 1),
                .n_rows = total,
                .n_parameters = n_parameters,
                .degrees_of_freedom = total - n_parameters};
}

std::string dependence_warning(std::size_t n_columns, std::size_t rank) {
  return fmt::format(
      "of the {} columns only {} are independent of each other: of the coefficients that fit equally "
      "well, the smallest were taken",
      n_columns, rank);
}

}  // namespace thrum
