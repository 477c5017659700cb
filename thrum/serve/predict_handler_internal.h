#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "thrum/model/predictor.h"
#include "thrum/serve/instances_internal.h"

namespace thrum::serving {

/// Answers {"instances": […]} with {"predictions": […]} for a regression, and for a classification with
/// {"predictions": ["yes", …], "probabilities": [[0.2, 0.8], …], "classes": ["no", "yes"]}. Classes that all read as
/// numbers are written as numbers. Buffers are reused. Not thread-safe.
class PredictHandler {
 public:
  /// `predictor` must outlive the handler.
  PredictHandler(const Predictor& predictor, std::size_t limit_rows);

  /// Appends the answer to `json`. Throws HttpError, having appended nothing.
  void answer(std::string& json, std::string_view body);

 private:
  void append_predictions(std::string& json, MatrixView<const double> outputs) const;
  void append_probabilities(std::string& json, MatrixView<const double> outputs) const;

  const Predictor& predictor_;
  InstanceReader reader_;
  std::vector<std::string> classes_;  // as JSON; empty for a regression
  std::string class_list_;            // as JSON
  std::vector<double> outputs_;
};

}  // namespace thrum::serving
