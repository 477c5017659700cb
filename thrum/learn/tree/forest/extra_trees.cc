#include "thrum/learn/tree/forest/extra_trees.h"

#include "thrum/learn/tree/forest/fit_forests_internal.h"
#include "thrum/learn/tree/forest/tree_option_fields_internal.h"

namespace thrum {

std::span<const OptionField> ExtraTreesOptions::fields() {
  static const std::vector<OptionField> list = forest::forest_fields<ExtraTreesOptions>();
  return list;
}

Task ExtraTrees::task(const Options& options, const Column& target) const {
  return forest::task_of(options.as<ExtraTreesOptions>().criterion, target);
}

std::vector<std::unique_ptr<Model>> ExtraTrees::fit_many(const Dataset& dataset, std::span<const FitSpec> specs,
                                                         const Execution& execution) const {
  std::vector<forest::Settings> settings;
  for (const FitSpec& spec : specs) {
    settings.push_back(forest::settings_of(spec.options->as<ExtraTreesOptions>()));
    settings.back().thresholds = forest::Thresholds::drawn;
  }
  return forest::models_of(forest::fit_forests(dataset, specs, settings, name(), execution));
}

}  // namespace thrum
