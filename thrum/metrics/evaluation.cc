#include "thrum/metrics/evaluation.h"

#include <fmt/format.h>

#include <limits>

#include "thrum/core/error.h"
#include "thrum/core/most_probable.h"
#include "thrum/metrics/classification.h"
#include "thrum/metrics/inputs_internal.h"
#include "thrum/metrics/ndcg.h"
#include "thrum/metrics/ranking.h"
#include "thrum/metrics/regression.h"

namespace thrum::metrics {
namespace {

std::vector<double> column(MatrixView<const double> matrix, std::size_t j) {
  std::vector<double> values(matrix.rows());
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = matrix(i, j);
  return values;
}

std::vector<std::size_t> class_indices(std::span<const double> y, std::size_t n_classes) {
  std::vector<std::size_t> classes(y.size());
  for (std::size_t i = 0; i < y.size(); ++i) {
    if (!(y[i] >= 0 && y[i] < static_cast<double>(n_classes)) ||
        y[i] != static_cast<double>(static_cast<std::size_t>(y[i]))) {
      throw Error(ErrorCode::invalid_argument,
                  fmt::format("[evaluate] expected a class index below {}, got {} in row {}", n_classes, y[i], i));
    }
    classes[i] = static_cast<std::size_t>(y[i]);
  }
  return classes;
}

/// The inputs are checked by now, so that a refusal means a score that is not defined on them.
template <class Function>
Score score(const char* name, Function function) {
  try {
    return {name, function()};
  } catch (const Error& error) {
    return {name, std::numeric_limits<double>::quiet_NaN(), error.what()};
  }
}

}  // namespace

std::vector<Score> classification_metrics(std::span<const std::size_t> y, MatrixView<const double> probabilities,
                                          std::span<const double> weights) {
  check_probabilities("evaluate", y, probabilities);
  check_weights("evaluate", y.size(), weights);
  const bool binary = probabilities.cols() == 2;
  const Average average = binary ? Average::binary : Average::macro;
  const std::vector<double> positive = binary ? column(probabilities, 1) : std::vector<double>();
  const ConfusionMatrix confusion(y, most_probable(probabilities), probabilities.cols(), weights);
  return {
      {"accuracy", confusion.accuracy()},
      {"log_loss", log_loss(y, probabilities, weights)},
      score("roc_auc", [&] { return binary ? roc_auc(y, positive, weights) : roc_auc_ovr(y, probabilities, weights); }),
      score("average_precision",
            [&] {
              return binary ? average_precision(y, positive, weights)
                            : average_precision_ovr(y, probabilities, weights);
            }),
      {"f1", confusion.f1(average)},
      {"precision", confusion.precision(average)},
      {"recall", confusion.recall(average)},
      {"brier", brier(y, probabilities, weights)},
  };
}

std::vector<Score> classification_metrics(std::span<const double> y, MatrixView<const double> probabilities,
                                          std::span<const double> weights) {
  const std::vector<std::size_t> classes = class_indices(y, probabilities.cols());
  return classification_metrics(std::span<const std::size_t>(classes), probabilities, weights);
}

std::vector<Score> anomaly_metrics(std::span<const std::size_t> y, std::span<const double> scores, double threshold,
                                   std::span<const double> weights) {
  std::vector<std::size_t> predicted;
  for (const double score : scores) predicted.push_back(score > threshold ? 1 : 0);
  const ConfusionMatrix confusion(y, predicted, 2, weights);
  return {
      score("roc_auc", [&] { return roc_auc(y, scores, weights); }),
      score("average_precision", [&] { return average_precision(y, scores, weights); }),
      {"f1", confusion.f1(Average::binary)},
      {"precision", confusion.precision(Average::binary)},
      {"recall", confusion.recall(Average::binary)},
      {"accuracy", confusion.accuracy()},
  };
}

std::vector<Score> ranking_metrics(std::span<const double> labels, std::span<const double> scores,
                                   std::span<const std::uint32_t> queries) {
  const auto ndcg_at = [&](std::size_t k) { return mean_ndcg(labels, scores, queries, k); };
  return {{"ndcg@1", ndcg_at(1)}, {"ndcg@5", ndcg_at(5)}, {"ndcg@10", ndcg_at(10)}, {"ndcg", ndcg_at(labels.size())}};
}

std::vector<Score> regression_metrics(std::span<const double> y, std::span<const double> predicted,
                                      std::span<const double> weights) {
  return {
      {"rmse", rmse(y, predicted, weights)},
      {"mae", mae(y, predicted, weights)},
      score("r2", [&] { return r2(y, predicted, weights); }),
  };
}

std::vector<Score> deviance_metrics(Deviance kind, std::span<const double> y, std::span<const double> predicted,
                                    std::span<const double> weights) {
  const char* name = kind == Deviance::poisson ? "mean_poisson_deviance" : "mean_gamma_deviance";
  return {
      score(name, [&] { return mean_deviance(kind, y, predicted, weights); }),
      score("d2", [&] { return d2(kind, y, predicted, weights); }),
  };
}

}  // namespace thrum::metrics
