#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "thrum/core/view.h"

/// Scores of how well numbers rank the rows of one class before all others. `y` are class indices, one per row;
/// `scores` are finite, larger for class 1; `weights` are one finite number >= 0 per row, or empty for ones, and rows
/// of weight 0 count for nothing. Rows of equal score are one step.
///
/// All functions are equal to scikit-learn's within 1e-12, take O(n log n), are thread-safe, and throw invalid_argument
/// for no rows, unequal lengths, classes out of range, scores that are not finite, bad or all-zero weights, and where a
/// class that the score needs has no row.
namespace thrum::metrics {

/// One point per distinct score, from the highest down, after the point (0, 0) with the threshold infinity.
struct RocCurve {
  std::vector<double> false_positive_rate;
  std::vector<double> true_positive_rate;
  std::vector<double> thresholds;  ///< rows with a score at or above it count as positive
};
RocCurve roc_curve(std::span<const std::size_t> y, std::span<const double> scores,
                   std::span<const double> weights = {});

/// The area under the ROC curve: the probability that a row of class 1 has a higher score than one of class 0, ties
/// counting half.
double roc_auc(std::span<const std::size_t> y, std::span<const double> scores, std::span<const double> weights = {});

/// The mean over all classes of the area of that class against the rest. scores: (n_rows, n_classes).
double roc_auc_ovr(std::span<const std::size_t> y, MatrixView<const double> scores,
                   std::span<const double> weights = {});

/// The sum over the steps of (gain in recall) x precision. Needs rows of class 1 only.
double average_precision(std::span<const std::size_t> y, std::span<const double> scores,
                         std::span<const double> weights = {});

/// The mean over all classes of the average precision of that class against the rest. scores: (n_rows, n_classes).
double average_precision_ovr(std::span<const std::size_t> y, MatrixView<const double> scores,
                             std::span<const double> weights = {});

}  // namespace thrum::metrics
