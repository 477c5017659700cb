#pragma once

#include <string>
#include <vector>

#include "thrum/cli/data_arguments.h"
#include "thrum/comm/execution.h"
#include "thrum/core/json_internal.h"
#include "thrum/core/view.h"
#include "thrum/data/formats/libsvm.h"
#include "thrum/data/table.h"
#include "thrum/metrics/evaluation.h"
#include "thrum/model/model.h"

namespace thrum::cli {

/// How well a model predicts labelled rows.
struct Evaluation {
  std::size_t n_rows = 0;
  double predict_seconds = 0;
  std::vector<metrics::Score> scores;
  std::vector<std::string> classes;  ///< of a classification
  std::vector<double> confusion;     ///< (n_classes, n_classes): actual, predicted
};

/// Which rows of a table count, and for how much.
struct EvaluationRows {
  std::vector<std::uint8_t> mask = {};  ///< 1: counts; empty: all do
  std::string weight = {};              ///< a column; "": all count alike
};

/// Throws Failure (data) for a table that does not fit the model or has no truth.
Evaluation evaluate(const Model& model, const Table& table, const EvaluationRows& rows, const Execution& execution);
/// The same of sparse rows, whose truth is the label. REQUIRES: no weight, reads_sparse_rows(model.schema()).
Evaluation evaluate(const Model& model, const LibsvmData& data, const EvaluationRows& rows, const Execution& execution);
Evaluation evaluate(const Model& model, const DataRows& data, const EvaluationRows& rows, const Execution& execution);

/// {"accuracy": 0.85, …}; null where a score is not defined.
Json scores_json(const Evaluation& evaluation);
/// {"classes": […], "counts": [[…], …]}
Json confusion_json(const Evaluation& evaluation);

/// The scores as lines, and the confusion matrix below them.
std::string scores_text(const Evaluation& evaluation);
std::string confusion_text(const Evaluation& evaluation);

}  // namespace thrum::cli
