#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "thrum/learn/learner.h"
#include "thrum/learn/tree/forest/tree_options.h"

namespace thrum::forest {

/// The options of any of the learners, in the terms of all.
struct Settings {
  TreeOptions tree = {};
  std::size_t n_trees = 1;
  bool random_thresholds = false;
  bool bootstrap = false;
  double max_samples = 1;  ///< below or equal 1: a fraction of the rows; else a number of them
};

/// One model per spec; settings[i] are those of specs[i] (collective). Throws as Learner::fit_many.
std::vector<std::unique_ptr<Model>> fit_forests(const Dataset& dataset, std::span<const FitSpec> specs,
                                                std::span<const Settings> settings, std::string_view algorithm,
                                                const Execution& execution);

/// Options that were set in the struct and not through their fields may be out of range: throws as Options::set.
void check_ranges(Options options);

}  // namespace thrum::forest
