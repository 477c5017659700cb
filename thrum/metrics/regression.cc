#include "thrum/metrics/regression.h"

#include <cmath>
#include <string_view>

#include "thrum/core/error.h"
#include "thrum/metrics/compensated_sum_internal.h"
#include "thrum/metrics/inputs_internal.h"

namespace thrum::metrics {
namespace {

void check(std::string_view where, std::span<const double> y, std::span<const double> predicted,
           std::span<const double> weights) {
  check_rows(where, y.size(), "predicted", predicted.size());
  check_finite(where, "y", y);
  check_finite(where, "predicted", predicted);
  check_weights(where, y.size(), weights);
}

template <class Term>
double weighted_sum(std::size_t n, std::span<const double> weights, Term term) {
  CompensatedSum sum;
  for (std::size_t i = 0; i < n; ++i) sum.add(weight_of(weights, i) * term(i));
  return sum.value();
}

double total_weight(std::size_t n, std::span<const double> weights) {
  return weighted_sum(n, weights, [](std::size_t) { return 1.0; });
}

double squared_error(std::span<const double> y, std::span<const double> predicted, std::span<const double> weights) {
  return weighted_sum(y.size(), weights, [&](std::size_t i) {
    const double error = y[i] - predicted[i];
    return error * error;
  });
}

}  // namespace

double rmse(std::span<const double> y, std::span<const double> predicted, std::span<const double> weights) {
  check("rmse", y, predicted, weights);
  return std::sqrt(squared_error(y, predicted, weights) / total_weight(y.size(), weights));
}

double mae(std::span<const double> y, std::span<const double> predicted, std::span<const double> weights) {
  check("mae", y, predicted, weights);
  const double error = weighted_sum(y.size(), weights, [&](std::size_t i) { return std::abs(y[i] - predicted[i]); });
  return error / total_weight(y.size(), weights);
}

double r2(std::span<const double> y, std::span<const double> predicted, std::span<const double> weights) {
  check("r2", y, predicted, weights);
  if (y.size() < 2) throw Error(ErrorCode::invalid_argument, "[r2] expected at least two rows, got one");
  const double mean =
      weighted_sum(y.size(), weights, [&](std::size_t i) { return y[i]; }) / total_weight(y.size(), weights);
  const double spread = weighted_sum(y.size(), weights, [&](std::size_t i) { return (y[i] - mean) * (y[i] - mean); });
  const double error = squared_error(y, predicted, weights);
  if (spread == 0) return error == 0 ? 1.0 : 0.0;
  return 1.0 - error / spread;
}

}  // namespace thrum::metrics
