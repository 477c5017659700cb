#include "thrum/cli/sparse_training.h"

#include <cmath>
#include <string>
#include <vector>

#include "thrum/data/dataset.h"
#include "thrum/data/formats/libsvm_internal.h"
#include "thrum/data/formats/number_array_internal.h"
#include "thrum/learn/linear/sparse_model.h"

namespace thrum::cli {
namespace {

/// The labels as classes. No dataset is without a feature: one of zeros stands for all.
Dataset dataset_of_labels(const LibsvmData& rows) {
  std::vector<Column> columns = {formats::label_column(rows.labels),
                                 Column::float64("x", std::vector<double>(rows.labels.size(), 0.0))};
  return Dataset(std::make_shared<const Table>(std::move(columns), "the labels"),
                 {.target = "label", .task = Task::classification});
}

std::vector<Feature> features_of(const LibsvmData& rows) {
  std::vector<Feature> features;
  for (std::size_t j = 0; j < rows.features.cols(); ++j) {
    features.push_back({.name = "x" + std::to_string(rows.first_index + j)});
  }
  return features;
}

}  // namespace

bool trains_sparse(const Learner& learner, const Options& options) {
  if (learner.name() != LogisticRegressionModel::name) return false;
  const auto& chosen = options.as<LogisticRegressionOptions>();
  const bool has_solver = chosen.solver == "auto" || chosen.solver == "lbfgs" || chosen.solver == "newton-cd";
  const bool has_penalty = chosen.penalty != "none" && std::isfinite(chosen.C);
  const bool is_centred = chosen.standardize && !chosen.fit_intercept;
  const bool by_label = chosen.class_weight != "none" && chosen.class_weight != "balanced";
  return has_solver && has_penalty && !is_centred && !by_label && chosen.dtype == "float64";
}

std::unique_ptr<Model> train_sparse(const LibsvmData& rows, const Options& options, const Session& session) {
  formats::check_n_columns(rows.features.cols(), "LIBSVM");
  const Dataset labels = dataset_of_labels(rows);
  Schema schema = labels.schema();
  schema.features = features_of(rows);
  return train_logistic_regression(SparseRows{rows.features, labels.y()}, schema, options, session.execution());
}

}  // namespace thrum::cli
