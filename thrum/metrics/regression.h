#pragma once

#include <span>

/// Scores of regressions. `y` and `predicted` are finite, one number per row; `weights` are one finite number >= 0 per
/// row, or empty for ones.
///
/// All functions are equal to scikit-learn's within 1e-12, are thread-safe, and throw invalid_argument for no rows,
/// unequal lengths, numbers that are not finite, and bad or all-zero weights.
namespace thrum::metrics {

/// The square root of the mean squared error, in the unit of y.
double rmse(std::span<const double> y, std::span<const double> predicted, std::span<const double> weights = {});

/// The mean absolute error, in the unit of y.
double mae(std::span<const double> y, std::span<const double> predicted, std::span<const double> weights = {});

/// 1 - (squared error) / (squared distance of y from its mean); where y is constant, 1 for a perfect prediction and 0
/// otherwise. Needs at least two rows.
double r2(std::span<const double> y, std::span<const double> predicted, std::span<const double> weights = {});

/// How much worse than y itself a prediction of means is, 0 for a perfect one.
enum class Deviance {
  poisson,  ///< 2 (y log(y/m) - y + m), for y of 0 or more
  gamma,    ///< 2 (log(m/y) + y/m - 1), for y above 0
};

/// The weighted mean of the deviance. Throws also for predictions that are not above 0 and targets out of its range.
double mean_deviance(Deviance kind, std::span<const double> y, std::span<const double> predicted,
                     std::span<const double> weights = {});

/// 1 - (deviance) / (deviance of the mean of y); where y is constant, 1 for a perfect prediction and 0 otherwise. Needs
/// at least two rows. Throws also as mean_deviance.
double d2(Deviance kind, std::span<const double> y, std::span<const double> predicted,
          std::span<const double> weights = {});

}  // namespace thrum::metrics
