#include "thrum/learn/tree/forest/decision_tree.h"

#include "thrum/learn/tree/forest/fit_forests_internal.h"
#include "thrum/learn/tree/forest/tree_option_fields_internal.h"

namespace thrum {

std::span<const OptionField> DecisionTreeOptions::fields() {
  static const std::vector<OptionField> list = [] {
    std::vector<OptionField> fields = forest::tree_fields<DecisionTreeOptions>();
    fields.push_back(option_field("splitter", &DecisionTreeOptions::splitter, {"best", "random"},
                                  "best thresholds, or one per feature that is drawn"));
    return fields;
  }();
  return list;
}

Task DecisionTree::task(const Options& options, const Column& target) const {
  return forest::task_of(options.as<DecisionTreeOptions>().criterion, target);
}

std::vector<std::unique_ptr<Model>> DecisionTree::fit_many(const Dataset& dataset, std::span<const FitSpec> specs,
                                                           const Execution& execution) const {
  std::vector<FitSpec> fresh(specs.begin(), specs.end());
  std::vector<forest::Settings> settings;
  for (FitSpec& spec : fresh) {
    spec.start = nullptr;  // there is no second tree to go on with
    const auto& options = spec.options->as<DecisionTreeOptions>();
    const bool draws = options.splitter == "random";
    settings.push_back({.tree = options, .thresholds = draws ? forest::Thresholds::drawn : forest::Thresholds::best});
  }
  return forest::models_of(forest::fit_forests(dataset, fresh, settings, name(), execution));
}

}  // namespace thrum
