#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "thrum/core/function_ref.h"
#include "thrum/data/feature_reader.h"
#include "thrum/model/model.h"

namespace thrum {

/// What a model predicts for rows of a table when one feature has other values. Refers to the table.
class AlteredRows {
 public:
  AlteredRows(const Model& model, const Table& table);

  const FeatureReader& reader() const noexcept { return reader_; }
  std::size_t n_outputs() const noexcept { return predictor_->n_outputs(); }

  /// (rows.size(), n_outputs): the predictions for the given rows of the table. values_of(begin, values) fills in the
  /// values of `feature` from rows[begin] on; it is called in parallel. Throws cancelled.
  std::vector<double> predict(std::span<const std::size_t> rows, std::size_t feature,
                              FunctionRef<void(std::size_t begin, std::span<double> values)> values_of,
                              const Execution& execution) const;

 private:
  void predict_batch(std::span<const std::size_t> rows, std::size_t feature, std::span<const double> values,
                     MatrixView<double> outputs) const;

  std::vector<std::byte> image_;
  std::unique_ptr<Predictor> predictor_;
  FeatureReader reader_;
};

}  // namespace thrum
