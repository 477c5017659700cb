#include "thrum/metrics/regression.h"

#include <fmt/format.h>

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

double weighted_mean(std::span<const double> y, std::span<const double> weights) {
  return weighted_sum(y.size(), weights, [&](std::size_t i) { return y[i]; }) / total_weight(y.size(), weights);
}

void check_domain(std::string_view where, Deviance kind, std::span<const double> y, std::span<const double> predicted) {
  const bool is_gamma = kind == Deviance::gamma;
  for (std::size_t i = 0; i < y.size(); ++i) {
    if (is_gamma ? !(y[i] > 0) : !(y[i] >= 0)) {
      throw Error(ErrorCode::invalid_argument, fmt::format("[{}] expected y {}, got {} in row {}", where,
                                                           is_gamma ? "above 0" : "of 0 or more", y[i], i));
    }
    if (!(predicted[i] > 0)) {
      throw Error(ErrorCode::invalid_argument,
                  fmt::format("[{}] expected predictions above 0, got {} in row {}", where, predicted[i], i));
    }
  }
}

double deviance(Deviance kind, double y, double mean) {
  if (kind == Deviance::gamma) return 2 * (std::log(mean / y) + y / mean - 1);
  return 2 * ((y == 0 ? 0 : y * std::log(y / mean)) - y + mean);
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
  const double mean = weighted_mean(y, weights);
  const double spread = weighted_sum(y.size(), weights, [&](std::size_t i) { return (y[i] - mean) * (y[i] - mean); });
  const double error = squared_error(y, predicted, weights);
  if (spread == 0) return error == 0 ? 1.0 : 0.0;
  return 1.0 - error / spread;
}

double mean_deviance(Deviance kind, std::span<const double> y, std::span<const double> predicted,
                     std::span<const double> weights) {
  check("mean_deviance", y, predicted, weights);
  check_domain("mean_deviance", kind, y, predicted);
  return weighted_sum(y.size(), weights, [&](std::size_t i) { return deviance(kind, y[i], predicted[i]); }) /
         total_weight(y.size(), weights);
}

double d2(Deviance kind, std::span<const double> y, std::span<const double> predicted,
          std::span<const double> weights) {
  check("d2", y, predicted, weights);
  check_domain("d2", kind, y, predicted);
  if (y.size() < 2) throw Error(ErrorCode::invalid_argument, "[d2] expected at least two rows, got one");
  const double mean = weighted_mean(y, weights);
  const double spread = weighted_sum(y.size(), weights, [&](std::size_t i) { return deviance(kind, y[i], mean); });
  const double error =
      weighted_sum(y.size(), weights, [&](std::size_t i) { return deviance(kind, y[i], predicted[i]); });
  if (!(spread > 0)) return error == 0 ? 1.0 : 0.0;
  return 1.0 - error / spread;
}

}  // namespace thrum::metrics
