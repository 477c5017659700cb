#include "thrum/metrics/ranking.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <string_view>

#include "thrum/core/error.h"
#include "thrum/metrics/compensated_sum_internal.h"
#include "thrum/metrics/inputs_internal.h"

namespace thrum::metrics {
namespace {

/// The weight of the rows whose score is at or above `threshold`.
struct Step {
  double threshold = std::numeric_limits<double>::infinity();
  double positive = 0;
  double negative = 0;
};

struct ScoredRow {
  double score;
  double weight;
  bool positive;
};

/// The rows that count, by falling score; `positive` is the class that counts as such.
std::vector<ScoredRow> sorted_rows(std::span<const std::size_t> y, std::size_t positive, std::span<const double> scores,
                                   std::span<const double> weights) {
  std::vector<ScoredRow> rows;
  rows.reserve(y.size());
  for (std::size_t i = 0; i < y.size(); ++i) {
    const double weight = weight_of(weights, i);
    if (weight > 0) rows.push_back({scores[i], weight, y[i] == positive});
  }
  std::ranges::sort(rows, std::ranges::greater(), &ScoredRow::score);
  return rows;
}

/// Cumulative weights after each distinct score, beginning with nothing.
std::vector<Step> steps_of(std::span<const ScoredRow> rows) {
  std::vector<Step> steps(1);
  CompensatedSum positive, negative;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    (rows[i].positive ? positive : negative).add(rows[i].weight);
    const bool last_of_its_score = i + 1 == rows.size() || rows[i + 1].score != rows[i].score;
    if (last_of_its_score) steps.push_back({rows[i].score, positive.value(), negative.value()});
  }
  return steps;
}

[[noreturn]] void refuse_missing_class(std::string_view where, std::string_view which) {
  throw Error(ErrorCode::invalid_argument,
              fmt::format("[{}] expected rows of the class and of others, {} has none", where, which));
}

double area(std::span<const Step> steps) {
  const Step& all = steps.back();
  CompensatedSum twice_area;
  for (std::size_t i = 1; i < steps.size(); ++i) {
    const double width = steps[i].negative - steps[i - 1].negative;
    if (width != 0) twice_area.add(width * (steps[i].positive + steps[i - 1].positive));
  }
  return twice_area.value() / (2 * all.positive * all.negative);
}

double step_integral(std::span<const Step> steps) {
  CompensatedSum sum;
  for (std::size_t i = 1; i < steps.size(); ++i) {
    const double gain = steps[i].positive - steps[i - 1].positive;
    if (gain != 0) sum.add(gain * (steps[i].positive / (steps[i].positive + steps[i].negative)));
  }
  return sum.value() / steps.back().positive;
}

/// Checked inputs of the functions for two classes.
std::vector<Step> binary_steps(std::string_view where, std::span<const std::size_t> y, std::span<const double> scores,
                               std::span<const double> weights) {
  check_rows(where, y.size(), "scores", scores.size());
  check_classes(where, y, 2);
  check_finite(where, "scores", scores);
  check_weights(where, y.size(), weights);
  return steps_of(sorted_rows(y, 1, scores, weights));
}

void check_both_classes(std::string_view where, std::span<const Step> steps) {
  if (steps.back().positive == 0) refuse_missing_class(where, "class 1");
  if (steps.back().negative == 0) refuse_missing_class(where, "class 0");
}

void check_ovr(std::string_view where, std::span<const std::size_t> y, MatrixView<const double> scores,
               std::span<const double> weights) {
  check_rows(where, y.size(), "scores", scores.rows());
  if (scores.cols() < 2) {
    throw Error(ErrorCode::invalid_argument,
                fmt::format("[{}] expected scores of at least 2 classes, got {}", where, scores.cols()));
  }
  check_classes(where, y, scores.cols());
  check_weights(where, y.size(), weights);
}

/// The mean over the classes of score(steps of that class against the rest).
template <class Score>
double mean_over_classes(std::string_view where, std::span<const std::size_t> y, MatrixView<const double> scores,
                         std::span<const double> weights, Score score) {
  check_ovr(where, y, scores, weights);
  std::vector<double> column(y.size());
  CompensatedSum sum;
  for (std::size_t k = 0; k < scores.cols(); ++k) {
    for (std::size_t i = 0; i < y.size(); ++i) column[i] = scores(i, k);
    check_finite(where, fmt::format("scores of class {}", k), column);
    const std::vector<Step> steps = steps_of(sorted_rows(y, k, column, weights));
    if (steps.back().positive == 0) refuse_missing_class(where, fmt::format("class {}", k));
    if (steps.back().negative == 0) refuse_missing_class(where, fmt::format("everything but class {}", k));
    sum.add(score(steps));
  }
  return sum.value() / static_cast<double>(scores.cols());
}

}  // namespace

RocCurve roc_curve(std::span<const std::size_t> y, std::span<const double> scores, std::span<const double> weights) {
  const std::vector<Step> steps = binary_steps("roc_curve", y, scores, weights);
  check_both_classes("roc_curve", steps);
  RocCurve curve;
  for (const Step& step : steps) {
    curve.false_positive_rate.push_back(step.negative / steps.back().negative);
    curve.true_positive_rate.push_back(step.positive / steps.back().positive);
    curve.thresholds.push_back(step.threshold);
  }
  return curve;
}

double roc_auc(std::span<const std::size_t> y, std::span<const double> scores, std::span<const double> weights) {
  const std::vector<Step> steps = binary_steps("roc_auc", y, scores, weights);
  check_both_classes("roc_auc", steps);
  return area(steps);
}

double roc_auc_ovr(std::span<const std::size_t> y, MatrixView<const double> scores, std::span<const double> weights) {
  return mean_over_classes("roc_auc", y, scores, weights, area);
}

double average_precision(std::span<const std::size_t> y, std::span<const double> scores,
                         std::span<const double> weights) {
  const std::vector<Step> steps = binary_steps("average_precision", y, scores, weights);
  if (steps.back().positive == 0) refuse_missing_class("average_precision", "class 1");
  return step_integral(steps);
}

double average_precision_ovr(std::span<const std::size_t> y, MatrixView<const double> scores,
                             std::span<const double> weights) {
  return mean_over_classes("average_precision", y, scores, weights, step_integral);
}

}  // namespace thrum::metrics
