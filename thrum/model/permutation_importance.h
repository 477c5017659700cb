#pragma once

#include <cstddef>
#include <vector>

#include "thrum/core/function_ref.h"
#include "thrum/model/model.h"

namespace thrum {

/// How much a score falls when the values of one feature are shuffled among the rows.
struct PermutationImportance {
  double mean = 0;       ///< over the repeats
  double deviation = 0;  ///< the standard deviation of the repeats
};

/// One per feature of the model (Breiman, "Random forests", 2001, section 10; scikit-learn's permutation_importance).
/// For every model: it only predicts. `score` judges (n_rows, n_outputs) predictions, higher being better, and is
/// called by the calling thread. `repeats` times with other permutations, which depend on execution.seed alone.
/// Features that say the same replace each other, so that each may seem unimportant. Throws as FeatureReader;
/// cancelled. REQUIRES: repeats > 0.
std::vector<PermutationImportance> permutation_importance(const Model& model, const Table& table,
                                                          FunctionRef<double(MatrixView<const double> outputs)> score,
                                                          std::size_t repeats, const Execution& execution);

}  // namespace thrum
