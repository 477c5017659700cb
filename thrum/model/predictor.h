#pragma once

#include <cstddef>
#include <memory>
#include <span>

#include "thrum/core/bytes.h"
#include "thrum/core/view.h"
#include "thrum/data/schema.h"
#include "thrum/model/model_file.h"

namespace thrum {

/// A feature of a row, where the others are zero.
struct FeatureValue {
  std::size_t feature;
  double value;
};

/// A compiled model over an image of bytes that it does not own, such as a mapping shared by several processes.
/// Re-entrant: any number of threads may predict at once.
class Predictor {
 public:
  virtual ~Predictor() = default;

  virtual const Schema& schema() const noexcept = 0;
  /// The number of classes, or 1 for a regression and for the score of an anomaly or a ranking.
  virtual std::size_t n_outputs() const noexcept = 0;

  /// rows: (n, n_features) as Schema describes; outputs: (n, n_outputs). A row's outputs do not depend on
  /// the other rows. Outputs of a classification are probabilities whatever the row holds: infinite numbers are read as
  /// the largest finite ones, codes that are no category as an unknown one. Allocates nothing, but for the first call
  /// of a thread to a model behind a pipeline, which throws std::bad_alloc then. REQUIRES: the shapes fit.
  virtual void predict(MatrixView<const double> rows, MatrixView<double> outputs) const = 0;

  /// Whether predict_columns is there; it is then the faster way for many rows.
  virtual bool takes_columns() const noexcept { return false; }
  /// The same outputs for rows that are given by their columns: (n_features, n). REQUIRES: takes_columns().
  virtual void predict_columns(MatrixView<const double> columns, MatrixView<double> outputs) const noexcept;

  /// Whether predict_sparse is there; it is then the faster way for rows that are mostly zeros.
  virtual bool takes_sparse() const noexcept { return false; }
  /// The same outputs for a row of which the features are given that are not zero, ascending. outputs: (n_outputs).
  /// REQUIRES: takes_sparse().
  virtual void predict_sparse(std::span<const FeatureValue> row, std::span<double> outputs) const noexcept;

  /// How many rows it is best given at once.
  virtual std::size_t batch_rows() const noexcept { return 256; }

  /// A usual value of a number feature, for examples and forms; NaN where the model keeps none.
  virtual double typical_value(std::size_t feature) const noexcept;

  /// How many margins explain() takes apart: 1 for two classes (the log-odds of the second), for a regression or a
  /// ranking (the prediction) and for anomalies (the logarithm of the score), else one per class (the logarithm of its
  /// probability, up to a number that all share). 0: it explains nothing.
  virtual std::size_t n_margins() const noexcept { return 0; }

  /// What each feature adds to each margin. rows: (n, n_features); contributions: (n, n_margins * (n_features + 1)),
  /// for each margin the features in their order, and then the base, from which they move it: together they are the
  /// margin. REQUIRES: n_margins() > 0, the shapes fit. Throws std::bad_alloc.
  virtual void explain(MatrixView<const double> rows, MatrixView<double> contributions) const;
};

/// `image`: what Model::compile returned, aligned to 16 bytes, alive as long as the predictor. Throws corrupt_data;
/// invalid_argument where it is not aligned. An image of Origin::own is not read through: it opens at once, whatever
/// its size, and is paged in where it is asked.
std::unique_ptr<Predictor> open_predictor(ByteSpan image, Origin origin = Origin::anywhere);

}  // namespace thrum
