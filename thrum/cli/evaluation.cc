#include "thrum/cli/evaluation.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "thrum/cli/exit_code.h"
#include "thrum/cli/text.h"
#include "thrum/cli/truth.h"
#include "thrum/core/most_probable.h"
#include "thrum/core/printable.h"
#include "thrum/data/queries.h"
#include "thrum/metrics/classification.h"
#include "thrum/model/predict_sparse.h"

namespace thrum::cli {
namespace {

/// Drops the rows that do not count; a row is `width` values.
template <class T>
void keep_rows(std::vector<T>& values, const std::vector<std::uint8_t>& mask, std::size_t width) {
  if (mask.empty() || values.empty()) return;
  std::size_t kept = 0;
  for (std::size_t row = 0; row < mask.size(); ++row) {
    if (mask[row] == 0) continue;
    std::copy_n(values.begin() + static_cast<std::ptrdiff_t>(row * width), width,
                values.begin() + static_cast<std::ptrdiff_t>(kept * width));
    ++kept;
  }
  values.resize(kept * width);
}

void score_classes(Evaluation& evaluation, const std::vector<std::size_t>& y, MatrixView<const double> probabilities,
                   const std::vector<double>& weights) {
  evaluation.scores = metrics::classification_metrics(y, probabilities, weights);
  const metrics::ConfusionMatrix confusion(y, most_probable(probabilities), probabilities.cols(), weights);
  for (std::size_t i = 0; i < probabilities.cols(); ++i) {
    for (std::size_t j = 0; j < probabilities.cols(); ++j) evaluation.confusion.push_back(confusion(i, j));
  }
}

/// What the model was trained to predict the mean of, where that has a deviance of its own.
std::optional<metrics::Deviance> deviance_of(const Model& model) {
  const Json options = Json::parse(model.training().options_json);
  const std::string objective = options.contains("objective") ? options["objective"].get<std::string>() : "";
  const std::string_view algorithm = model.algorithm();
  if (algorithm == "poisson-regression" || objective == "poisson") return metrics::Deviance::poisson;
  if (algorithm == "gamma-regression" || objective == "gamma") return metrics::Deviance::gamma;
  return std::nullopt;
}

std::vector<metrics::Score> number_scores(const Model& model, const std::vector<double>& y,
                                          const std::vector<double>& predicted, const std::vector<double>& weights) {
  std::vector<metrics::Score> scores = metrics::regression_metrics(y, predicted, weights);
  if (const auto kind = deviance_of(model)) {
    for (metrics::Score& score : metrics::deviance_metrics(*kind, y, predicted, weights)) {
      scores.push_back(std::move(score));
    }
  }
  return scores;
}

void score_anomalies(Evaluation& evaluation, const Target& target, const std::vector<std::size_t>& y,
                     const std::vector<double>& scores, const std::vector<double>& weights) {
  evaluation.scores = metrics::anomaly_metrics(y, scores, target.threshold, weights);
  std::vector<std::size_t> predicted;
  for (const double score : scores) predicted.push_back(score > target.threshold ? 1 : 0);
  const metrics::ConfusionMatrix confusion(y, predicted, 2, weights);
  evaluation.confusion = {confusion(0, 0), confusion(0, 1), confusion(1, 0), confusion(1, 1)};
}

/// data: a table or sparse rows; table: its columns with the labels, the queries and the weights.
template <class Data>
Evaluation evaluate_rows(const Model& model, const Data& data, const Table& table, const EvaluationRows& rows,
                         const Execution& execution) {
  const Target& target = model.schema().target;
  Evaluation evaluation;
  const Stopwatch stopwatch;
  std::vector<double> outputs = predict(model, data, execution);
  evaluation.predict_seconds = stopwatch.seconds();
  const std::size_t width = outputs.size() / table.n_rows();
  keep_rows(outputs, rows.mask, width);
  std::vector<double> weights = row_weights(rows.weight, table);
  keep_rows(weights, rows.mask, 1);
  evaluation.n_rows = outputs.size() / width;
  if (target.task == Task::ranking) {
    std::vector<double> labels = true_numbers(target, table);
    std::vector<std::uint32_t> queries = number_queries(table, table.column(target.query));
    keep_rows(labels, rows.mask, 1);
    keep_rows(queries, rows.mask, 1);
    evaluation.scores = metrics::ranking_metrics(labels, outputs, queries);
    return evaluation;
  }
  if (target.task == Task::regression) {
    std::vector<double> y = true_numbers(target, table);
    keep_rows(y, rows.mask, 1);
    evaluation.scores = number_scores(model, y, outputs, weights);
    return evaluation;
  }
  std::vector<std::size_t> y = true_classes(target, table);
  keep_rows(y, rows.mask, 1);
  evaluation.classes = target.classes;
  if (target.task == Task::anomaly) {
    score_anomalies(evaluation, target, y, outputs, weights);
    return evaluation;
  }
  score_classes(evaluation, y, MatrixView<const double>(outputs.data(), evaluation.n_rows, width), weights);
  return evaluation;
}

/// Counts without weights are whole numbers, and look so.
Json count_json(double count) {
  return count == std::floor(count) && count < 0x1p53 ? Json(static_cast<std::int64_t>(count)) : Json(count);
}

}  // namespace

Evaluation evaluate(const Model& model, const Table& table, const EvaluationRows& rows, const Execution& execution) {
  return blame(ExitCode::data, [&] { return evaluate_rows(model, table, table, rows, execution); });
}

Evaluation evaluate(const Model& model, const LibsvmData& data, const EvaluationRows& rows,
                    const Execution& execution) {
  return blame(ExitCode::data, [&] { return evaluate_rows(model, data, label_table(data), rows, execution); });
}

Evaluation evaluate(const Model& model, const DataRows& data, const EvaluationRows& rows, const Execution& execution) {
  return std::visit([&](const auto& given) { return evaluate(model, given, rows, execution); }, data);
}

Json scores_json(const Evaluation& evaluation) {
  Json object = Json::object();
  for (const metrics::Score& score : evaluation.scores) {
    object[score.name] = std::isfinite(score.value) ? Json(score.value) : Json();
  }
  return object;
}

Json confusion_json(const Evaluation& evaluation) {
  const std::size_t n = evaluation.classes.size();
  Json counts = Json::array();
  for (std::size_t i = 0; i < n; ++i) {
    Json row = Json::array();
    for (std::size_t j = 0; j < n; ++j) row.push_back(count_json(evaluation.confusion[i * n + j]));
    counts.push_back(std::move(row));
  }
  return {{"classes", evaluation.classes}, {"counts", counts}};
}

std::string scores_text(const Evaluation& evaluation) {
  std::vector<std::vector<std::string>> rows;
  for (const metrics::Score& score : evaluation.scores) {
    rows.push_back({score.name, std::isfinite(score.value) ? decimal(score.value)
                                                           : fmt::format("not defined: {}", score.why_undefined)});
  }
  return aligned(rows);
}

std::string confusion_text(const Evaluation& evaluation) {
  const std::size_t n = evaluation.classes.size();
  std::vector<std::vector<std::string>> rows = {{"actual \\ predicted"}};
  for (const std::string& name : evaluation.classes) rows.front().push_back(printable(name));
  for (std::size_t i = 0; i < n; ++i) {
    rows.push_back({printable(evaluation.classes[i])});
    for (std::size_t j = 0; j < n; ++j) rows.back().push_back(fmt::format("{:.10g}", evaluation.confusion[i * n + j]));
  }
  return aligned(rows);
}

}  // namespace thrum::cli
