#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "thrum/learn/learner.h"
#include "thrum/learn/linear/zeroed_array_internal.h"

namespace thrum {

/// Throws invalid_argument for a mask or weights of another length than the rows, and for weights that are negative,
/// enormous or not finite. `where` names the learner in messages, here and below.
void check_rows(const Dataset& dataset, const FitSpec& spec, std::string_view where);

/// Throws invalid_argument for a dataset without a target.
void check_has_target(const Dataset& dataset, std::string_view where);

struct ClassWeight {
  std::string label;
  double weight;
};

/// "label=weight,label=weight" as a list, in its order; "none" and "balanced" as an empty one. Throws invalid_argument
/// for any other text.
std::vector<ClassWeight> parse_class_weight(std::string_view text);

/// The weight of each class: "none" (ones), "balanced" (as scikit-learn: S / (classes present x weight of the class),
/// by the `totals` of the classes' rows), or "label=weight,label=weight". Throws as parse_class_weight, and for unknown
/// labels.
std::vector<double> class_weights(const Target& target, std::string_view text, std::span<const double> totals,
                                  std::string_view where);

/// What the rows weigh in one fit: the dataset's weight x the spec's x the class's, and 0 where the mask is 0.
struct RowWeights {
  ZeroedArray<double> values;  ///< (dataset.n_rows()), of this rank
  double total = 0;            ///< of all ranks
  std::size_t n_rows = 0;      ///< rows that count, of all ranks
};

/// `class_weight` as class_weights has it. Collective. Throws invalid_argument for bad class weights, unknown labels,
/// an enormous total, and where fewer than two classes are left. REQUIRES: check_rows accepts the spec.
RowWeights weigh_rows(const Dataset& dataset, const FitSpec& spec, std::string_view class_weight,
                      const Execution& execution, std::string_view where);

/// The same without classes, for a regression. Collective. Throws invalid_argument for an enormous total, and where no
/// row is left. REQUIRES: check_rows accepts the spec.
RowWeights weigh_rows(const Dataset& dataset, const FitSpec& spec, const Execution& execution, std::string_view where);

}  // namespace thrum
