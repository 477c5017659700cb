#include "thrum/learn/tree/forest/random_forest.h"

#include <utility>

#include "thrum/learn/tree/forest/fit_forests_internal.h"
#include "thrum/learn/tree/forest/tree_option_fields_internal.h"

namespace thrum {
namespace {

std::vector<forest::Settings> settings_of(std::span<const FitSpec> specs) {
  std::vector<forest::Settings> settings;
  for (const FitSpec& spec : specs) settings.push_back(forest::settings_of(spec.options->as<RandomForestOptions>()));
  return settings;
}

}  // namespace

std::span<const OptionField> RandomForestOptions::fields() {
  static const std::vector<OptionField> list = forest::forest_fields<RandomForestOptions>();
  return list;
}

Task RandomForest::task(const Options& options, const Column& target) const {
  return forest::task_of(options.as<RandomForestOptions>().criterion, target);
}

std::vector<std::unique_ptr<Model>> RandomForest::fit_many(const Dataset& dataset, std::span<const FitSpec> specs,
                                                           const Execution& execution) const {
  return forest::models_of(forest::fit_forests(dataset, specs, settings_of(specs), name(), execution));
}

OutOfBagFit RandomForest::fit_out_of_bag(const Dataset& dataset, const RandomForestOptions& options,
                                         const Execution& execution) const {
  Options described(options, RandomForestOptions::fields());
  described.set("oob_score", "true");
  const FitSpec spec{.options = &described};
  const std::span<const FitSpec> specs(&spec, 1);
  auto fits = forest::fit_forests(dataset, specs, settings_of(specs), name(), execution);
  return std::move(fits.front());
}

}  // namespace thrum
