#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "thrum/core/options.h"
#include "thrum/data/prepare/column_maps_internal.h"
#include "thrum/data/prepare/prepared_rows_internal.h"

namespace thrum::prepare {

using Maps = std::vector<std::shared_ptr<const ColumnMap>>;

/// Learns one map for each of `columns`, which are of the step's type.
using FitStep = Maps (*)(const PreparedRows& rows, std::span<const std::size_t> columns, const Options& options);

/// What a step makes of all `inputs` together; it learns nothing from the rows. Throws invalid_argument.
using FitJoint = std::shared_ptr<const RowMap> (*)(std::span<const Feature> inputs, const Options& options);

/// Whether a step with these options refuses categories that were not there in training.
using RefusesUnknown = bool (*)(const Options& options);

/// A kind of step with what fits it, one of the two; `which`: "numbers", "categories" or "all".
struct StepRule {
  std::string_view name;
  std::string_view summary;
  std::string_view which;
  Options default_options;
  FitStep fit = nullptr;
  FitJoint fit_joint = nullptr;
  RefusesUnknown refuses_unknown = nullptr;  ///< none: it takes them
};

/// Of a step that has none.
struct NoOptions {
  static std::span<const OptionField> fields() { return {}; }
};

template <class O>
Options default_options_of() {
  return {O(), O::fields()};
}

inline const Feature& feature_of(const PreparedRows& rows, std::size_t column) {
  return rows.features()[column];
}

std::vector<StepRule> number_steps();
std::vector<StepRule> category_steps();
std::vector<StepRule> selection_steps();
std::vector<StepRule> joint_steps();
StepRule impute_step();

}  // namespace thrum::prepare
