#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "thrum/core/view.h"
#include "thrum/metrics/regression.h"

namespace thrum::metrics {

struct Score {
  std::string name;
  double value = 0;                ///< NaN where the score is not defined on the data
  std::string why_undefined = {};  ///< then: the reason, for people
};

/// accuracy, log_loss, roc_auc, average_precision, f1, precision, recall, brier, in this order.
///
/// y: n_rows class indices. probabilities: (n_rows, n_classes) in [0, 1]; the predicted class is the one with the
/// highest (the first of equals). weights: n_rows, or empty for ones. Of two classes, f1, precision, recall and the two
/// rankings are those of class 1; of more they are means over classes (macro, one against the rest).
///
/// A score that the data leaves undefined, such as roc_auc of a single class, is NaN with its reason. Throws
/// invalid_argument for inputs that no score accepts: no rows, unequal lengths, classes out of range, bad weights or
/// probabilities. Thread-safe.
std::vector<Score> classification_metrics(std::span<const std::size_t> y, MatrixView<const double> probabilities,
                                          std::span<const double> weights = {});

/// As above, for classes held as numbers (Dataset::y). Throws invalid_argument for one that is no class index.
std::vector<Score> classification_metrics(std::span<const double> y, MatrixView<const double> probabilities,
                                          std::span<const double> weights = {});

/// roc_auc, average_precision, f1, precision, recall, accuracy, in this order: of scores that are higher for anomalies,
/// the rows of y 1; those above `threshold` are predicted as such. Undefined scores and errors as above.
std::vector<Score> anomaly_metrics(std::span<const std::size_t> y, std::span<const double> scores, double threshold,
                                   std::span<const double> weights = {});

/// ndcg@1, ndcg@5, ndcg@10, ndcg (of all rows of a query), in this order: means over the queries, see mean_ndcg. Throws
/// as that.
std::vector<Score> ranking_metrics(std::span<const double> labels, std::span<const double> scores,
                                   std::span<const std::uint32_t> queries);

/// rmse, mae, r2, in this order. y, predicted: n_rows. Undefined scores and errors as above.
std::vector<Score> regression_metrics(std::span<const double> y, std::span<const double> predicted,
                                      std::span<const double> weights = {});

/// mean_poisson_deviance or mean_gamma_deviance, then d2: what a model of means is judged by besides. Undefined scores
/// and errors as above.
std::vector<Score> deviance_metrics(Deviance kind, std::span<const double> y, std::span<const double> predicted,
                                    std::span<const double> weights = {});

}  // namespace thrum::metrics
