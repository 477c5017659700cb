#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "thrum/learn/learner.h"
#include "thrum/learn/tree/forest/growth_internal.h"
#include "thrum/learn/tree/forest/random_forest.h"

namespace thrum::forest {

/// The options of any of the learners, in the terms of all.
struct Settings {
  TreeOptions tree = {};
  std::size_t n_trees = 1;
  Thresholds thresholds = Thresholds::best;
  bool bootstrap = false;
  double max_samples = 1;
  bool oob_score = false;
};

Settings settings_of(const ForestOptions& options);

/// One fit per spec; settings[i] are those of specs[i] (collective). Throws as Learner::fit_many.
std::vector<OutOfBagFit> fit_forests(const Dataset& dataset, std::span<const FitSpec> specs,
                                     std::span<const Settings> settings, std::string_view algorithm,
                                     const Execution& execution);

std::vector<std::unique_ptr<Model>> models_of(std::vector<OutOfBagFit> fits);

}  // namespace thrum::forest
