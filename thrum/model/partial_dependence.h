#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "thrum/model/model.h"

namespace thrum {

/// What a model predicts on average when one feature has a certain value in every row.
struct PartialDependence {
  std::vector<double> values;   ///< of the feature, ascending; codes of a category feature
  std::vector<double> outputs;  ///< (values.size(), n_outputs): the mean prediction
};

struct PartialDependenceOptions {
  std::size_t points = 20;  ///< values of a number feature: all that occur, or evenly many rows from one to the next
  std::size_t most_rows = 10'000;  ///< of the table, evenly spaced, over which is averaged
};

/// For every model: it only predicts (Friedman, "Greedy function approximation", 2001, section 8.2). The same for any
/// number of threads. Throws invalid_argument for a feature that the model does not have (with the nearest name) or
/// that is missing in every row, and as FeatureReader; cancelled. REQUIRES: points > 1, most_rows > 0, a row.
PartialDependence partial_dependence(const Model& model, const Table& table, std::string_view feature,
                                     const PartialDependenceOptions& options, const Execution& execution);

}  // namespace thrum
