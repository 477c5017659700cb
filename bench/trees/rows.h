#pragma once

#include <memory>
#include <string>
#include <vector>

#include "thrum/model/model.h"

namespace thrum::bench {

/// A model that is ready to predict, and the rows of a file as it sees them.
struct ModelAndRows {
  ModelAndRows(const std::string& model_path, const std::string& csv_path);

  MatrixView<const double> rows() const { return {values.data(), n_rows, predictor->schema().features.size()}; }

  std::vector<std::byte> image;
  std::unique_ptr<Predictor> predictor;
  std::size_t n_rows = 0;
  std::vector<double> values;
};

}  // namespace thrum::bench
