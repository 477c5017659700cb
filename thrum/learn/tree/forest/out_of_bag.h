#pragma once

#include <vector>

namespace thrum {

/// What a forest says about its own training rows, each by the trees whose samples it is not in: as honest as rows held
/// out (Breiman 2001).
struct OutOfBag {
  /// (n_rows of all ranks, n_outputs) as Predictor gives them; NaN for rows that are in every sample or in no training.
  std::vector<double> predictions = {};
  double score = 0;  ///< accuracy or R², of the rows that have a prediction
  double error = 0;  ///< 1 - accuracy, or the mean squared error
};

}  // namespace thrum
