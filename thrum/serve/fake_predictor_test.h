#pragma once

#include <cmath>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "thrum/model/predictor.h"
#include "thrum/serve/model_set_internal.h"

namespace thrum {

inline Schema people_schema(Task task) {
  Schema schema;
  schema.features = {{"age", FeatureType::number, {}},
                     {"work class", FeatureType::category, {"1", "Private", "State-gov"}},
                     {"hours", FeatureType::number, {}}};
  schema.target = {"income", task, {}};
  if (task == Task::classification) schema.target.classes = {"<=50K", ">50K"};
  return schema;
}

/// score = age / 64 + code / 8 + hours, a missing number counting as 0: the only output of a regression; of two
/// classes, the probability of the second.
class FakePredictor : public Predictor {
 public:
  explicit FakePredictor(Schema schema) : schema_(std::move(schema)) {}

  const Schema& schema() const noexcept override { return schema_; }
  std::size_t n_outputs() const noexcept override { return schema_.target.task == Task::regression ? 1 : 2; }

  void predict(MatrixView<const double> rows, MatrixView<double> outputs) const noexcept override {
    for (std::size_t i = 0; i < rows.rows(); ++i) {
      const auto known = [&](std::size_t j) { return std::isnan(rows(i, j)) ? 0 : rows(i, j); };
      const double score = known(0) / 64 + known(1) / 8 + known(2);
      if (n_outputs() == 2) outputs(i, 0) = 1 - score;
      outputs(i, n_outputs() - 1) = score;
    }
  }

  double typical_value(std::size_t feature) const noexcept override {
    return feature == 1 ? Predictor::typical_value(feature) : 40.123456;
  }

  std::size_t n_margins() const noexcept override { return 1; }

  /// The parts of the score, and 0.5 as the base.
  void explain(MatrixView<const double> rows, MatrixView<double> contributions) const noexcept override {
    for (std::size_t i = 0; i < rows.rows(); ++i) {
      contributions(i, 0) = rows(i, 0) / 64;
      contributions(i, 1) = rows(i, 1) / 8;
      contributions(i, 2) = rows(i, 2);
      contributions(i, 3) = 0.5;
    }
  }

 private:
  Schema schema_;
};

/// What a router serves: the fake predictor, called "people".
inline std::vector<serving::ServedModel> fake_models(Schema schema) {
  std::vector<serving::ServedModel> models;
  models.push_back({"people", "1", std::make_unique<FakePredictor>(std::move(schema))});
  return models;
}

}  // namespace thrum
