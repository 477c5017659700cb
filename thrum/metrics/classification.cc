#include "thrum/metrics/classification.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "thrum/core/error.h"
#include "thrum/metrics/compensated_sum_internal.h"
#include "thrum/metrics/inputs_internal.h"

namespace thrum::metrics {
namespace {

double ratio(double numerator, double denominator) {
  return denominator == 0 ? 0.0 : numerator / denominator;
}

double sum_of(std::span<const double> values) {
  CompensatedSum sum;
  for (const double x : values) sum.add(x);
  return sum.value();
}

/// The weighted mean of loss(i) over all rows.
template <class Loss>
double mean_loss(std::size_t n, std::span<const double> weights, Loss loss) {
  CompensatedSum total;
  for (std::size_t i = 0; i < n; ++i) total.add(weight_of(weights, i) * loss(i));
  return total.value() / (weights.empty() ? static_cast<double>(n) : sum_of(weights));
}

}  // namespace

ConfusionMatrix::ConfusionMatrix(std::span<const std::size_t> y, std::span<const std::size_t> predicted,
                                 std::size_t n_classes, std::span<const double> weights)
    : n_classes_(n_classes), counts_(n_classes * n_classes), occurs_(n_classes) {
  check_rows("confusion_matrix", y.size(), "predicted", predicted.size());
  check_classes("confusion_matrix", y, n_classes);
  check_classes("confusion_matrix", predicted, n_classes);
  check_weights("confusion_matrix", y.size(), weights);
  std::vector<CompensatedSum> sums(counts_.size());
  for (std::size_t i = 0; i < y.size(); ++i) {
    sums[y[i] * n_classes_ + predicted[i]].add(weight_of(weights, i));
    occurs_[y[i]] = true;
    occurs_[predicted[i]] = true;
  }
  std::ranges::transform(sums, counts_.begin(), &CompensatedSum::value);
}

ConfusionMatrix::ClassCounts ConfusionMatrix::class_counts(std::size_t k) const {
  CompensatedSum predicted, actual;
  for (std::size_t j = 0; j < n_classes_; ++j) {
    predicted.add((*this)(j, k));
    actual.add((*this)(k, j));
  }
  return {(*this)(k, k), predicted.value(), actual.value()};
}

ConfusionMatrix::ClassCounts ConfusionMatrix::all_counts() const {
  CompensatedSum hits;
  for (std::size_t k = 0; k < n_classes_; ++k) hits.add((*this)(k, k));
  const double total = sum_of(counts_);
  return {hits.value(), total, total};
}

double ConfusionMatrix::accuracy() const {
  const ClassCounts all = all_counts();
  return all.hits / all.actual;
}

template <class Score>
double ConfusionMatrix::average(Average average, Score score) const {
  if (average == Average::micro) return score(all_counts());
  if (average == Average::binary) {
    if (n_classes_ != 2) {
      throw Error(ErrorCode::invalid_argument,
                  fmt::format("[confusion_matrix] the binary average needs 2 classes, got {}", n_classes_),
                  "choose macro, micro or weighted");
    }
    return score(class_counts(1));
  }
  CompensatedSum scores, weights;
  for (std::size_t k = 0; k < n_classes_; ++k) {
    const ClassCounts counts = class_counts(k);
    const double weight = average == Average::weighted ? counts.actual : (occurs_[k] ? 1.0 : 0.0);
    scores.add(weight * score(counts));
    weights.add(weight);
  }
  return scores.value() / weights.value();
}

double ConfusionMatrix::precision(Average how) const {
  return average(how, [](const ClassCounts& c) { return ratio(c.hits, c.predicted); });
}

double ConfusionMatrix::recall(Average how) const {
  return average(how, [](const ClassCounts& c) { return ratio(c.hits, c.actual); });
}

double ConfusionMatrix::f1(Average how) const {
  return average(how, [](const ClassCounts& c) { return ratio(2 * c.hits, c.predicted + c.actual); });
}

double accuracy(std::span<const std::size_t> y, std::span<const std::size_t> predicted,
                std::span<const double> weights) {
  check_rows("accuracy", y.size(), "predicted", predicted.size());
  check_weights("accuracy", y.size(), weights);
  return mean_loss(y.size(), weights, [&](std::size_t i) { return y[i] == predicted[i] ? 1.0 : 0.0; });
}

double log_loss(std::span<const std::size_t> y, MatrixView<const double> probabilities,
                std::span<const double> weights) {
  check_probabilities("log_loss", y, probabilities);
  check_weights("log_loss", y.size(), weights);
  constexpr double epsilon = std::numeric_limits<double>::epsilon();
  return mean_loss(y.size(), weights,
                   [&](std::size_t i) { return -std::log(std::clamp(probabilities(i, y[i]), epsilon, 1 - epsilon)); });
}

double brier(std::span<const std::size_t> y, MatrixView<const double> probabilities, std::span<const double> weights) {
  check_probabilities("brier", y, probabilities);
  check_weights("brier", y.size(), weights);
  const double scale = probabilities.cols() == 2 ? 0.5 : 1.0;
  return scale * mean_loss(y.size(), weights, [&](std::size_t i) {
           double distance = 0;
           for (std::size_t k = 0; k < probabilities.cols(); ++k) {
             const double error = probabilities(i, k) - (k == y[i] ? 1.0 : 0.0);
             distance += error * error;
           }
           return distance;
         });
}

}  // namespace thrum::metrics
