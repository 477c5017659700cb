#pragma once

#include <cstddef>
#include <memory>

#include "thrum/core/bytes.h"
#include "thrum/core/view.h"
#include "thrum/data/schema.h"

namespace thrum {

/// A compiled model over an image of bytes that it does not own, such as a mapping shared by several processes.
/// Re-entrant: any number of threads may predict at once.
class Predictor {
 public:
  virtual ~Predictor() = default;

  virtual const Schema& schema() const noexcept = 0;
  /// The number of classes, or 1 for a regression.
  virtual std::size_t n_outputs() const noexcept = 0;

  /// rows: (n, n_features) as Schema describes; outputs: (n, n_outputs). Allocates nothing. A row's outputs do not
  /// depend on the other rows. Outputs of a classification are probabilities whatever the row holds: infinite numbers
  /// are read as the largest finite ones, codes that are no category as an unknown one. REQUIRES: the shapes fit.
  virtual void predict(MatrixView<const double> rows, MatrixView<double> outputs) const noexcept = 0;

  /// Whether predict_columns is there; it is then the faster way for many rows.
  virtual bool takes_columns() const noexcept { return false; }
  /// The same outputs for rows that are given by their columns: (n_features, n). REQUIRES: takes_columns().
  virtual void predict_columns(MatrixView<const double> columns, MatrixView<double> outputs) const noexcept;

  /// How many rows it is best given at once.
  virtual std::size_t batch_rows() const noexcept { return 256; }
};

/// `image`: what Model::compile returned, aligned to 16 bytes, alive as long as the predictor. Throws corrupt_data;
/// invalid_argument where it is not aligned.
std::unique_ptr<Predictor> open_predictor(ByteSpan image);

}  // namespace thrum
