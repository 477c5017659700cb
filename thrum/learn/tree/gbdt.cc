#include "thrum/learn/tree/gbdt.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "thrum/comm/row_blocks.h"
#include "thrum/core/error.h"
#include "thrum/learn/linear/row_weights_internal.h"
#include "thrum/learn/tree/boosting_internal.h"
#include "thrum/learn/tree/objectives/objectives_internal.h"

namespace thrum {
namespace {

constexpr std::string_view where = Gbdt::learner_name;

/// Options that were set in the struct and not through their fields may be out of range.
void check_ranges(Options options) {
  for (const OptionField& field : options.fields()) options.set(field.name, options.get(field.name));
}

/// The weights of a regression.
RowWeights weigh_numbers(const Dataset& dataset, const FitSpec& spec, const Execution& execution) {
  RowWeights rows{.values = ZeroedArray<double>(dataset.n_rows())};
  const std::span<double> values = rows.values.values();
  const auto sums = sum_row_blocks(execution, dataset.n_rows(), 2,
                                   [&](std::size_t begin, std::size_t end, std::span<double> partial) {
                                     for (std::size_t i = begin; i < end; ++i) {
                                       values[i] = dataset.weight(i, spec.row_mask, spec.weights);
                                       partial[0] += values[i];
                                       partial[1] += values[i] > 0 ? 1 : 0;
                                     }
                                   });
  rows.total = sums[0];
  rows.n_rows = static_cast<std::size_t>(sums[1]);
  if (rows.n_rows > 0) return rows;
  throw Error(ErrorCode::invalid_argument, fmt::format("[{}] no training row has a weight above 0", where),
              "train on rows with weights above 0");
}

std::vector<double> weighted_means(const Dataset& dataset, const RowWeights& weights, const Execution& execution) {
  const std::span<const double> y = dataset.y();
  const std::span<const double> w = weights.values.values();
  const bool classes = dataset.schema().target.task == Task::classification;
  std::vector<double> sums = sum_row_blocks(execution, y.size(), classes ? dataset.schema().target.classes.size() : 1,
                                            [&](std::size_t begin, std::size_t end, std::span<double> partial) {
                                              for (std::size_t i = begin; i < end; ++i) {
                                                if (classes)
                                                  partial[static_cast<std::size_t>(y[i])] += w[i];
                                                else
                                                  partial[0] += w[i] * y[i];
                                              }
                                            });
  for (double& sum : sums) sum /= weights.total;
  return sums;
}

BoostingWeights weigh(const Dataset& dataset, const FitSpec& spec, const GbdtOptions& options,
                      const Execution& execution) {
  const RowWeights rows = dataset.schema().target.task == Task::classification
                              ? weigh_rows(dataset, spec, options.class_weight, execution, where)
                              : weigh_numbers(dataset, spec, execution);
  BoostingWeights weights{.n_rows = rows.n_rows, .means = weighted_means(dataset, rows, execution)};
  const std::span<const double> values = rows.values.values();
  double others = std::ranges::any_of(values, [](double w) { return w != 1; }) ? 1 : 0;
  execution.communicator->allreduce(std::span(&others, 1), ReduceOp::max);
  weights.all_ones = others == 0;
  if (!weights.all_ones) weights.values.assign(values.begin(), values.end());
  return weights;
}

}  // namespace

std::span<const OptionField> GbdtOptions::fields() {
  using O = GbdtOptions;
  static const std::vector<OptionField> list = {
      option_field("n_estimators", &O::n_estimators, Range{.low = 1}, "trees, or rounds of one tree per class"),
      option_field("learning_rate", &O::learning_rate, Range{.low = 0, .low_open = true, .high_open = true},
                   "what the values of leaves are multiplied by"),
      option_field("num_leaves", &O::num_leaves, Range{.low = 2, .high = 65535}, "leaves of a tree at most"),
      option_field("max_depth", &O::max_depth, Range{.low = -1}, "splits above a leaf at most; -1: any number"),
      option_field("grow_policy", &O::grow_policy, {"leaves", "depth"},
                   "what is split next: the leaf with the largest gain, or those of the lowest depth"),
      option_field("objective", &O::objective, {"auto", "squared_error", "log_loss"},
                   "what is minimised; auto: log_loss for classes, squared_error for numbers"),
      option_field("min_child_samples", &O::min_child_samples, Range{.low = 0}, "rows in a leaf at least, about"),
      option_field("min_child_weight", &O::min_child_weight, Range{.low = 0, .high_open = true},
                   "the sum of second derivatives in a leaf at least"),
      option_field("reg_alpha", &O::reg_alpha, Range{.low = 0, .high_open = true}, "L1 penalty of leaf values"),
      option_field("reg_lambda", &O::reg_lambda, Range{.low = 0, .high_open = true}, "L2 penalty of leaf values"),
      option_field("min_split_gain", &O::min_split_gain, Range{.low = 0, .high_open = true},
                   "what a split must gain more than, in units of twice the loss"),
      option_field("max_delta_step", &O::max_delta_step, Range{.low = 0, .high_open = true},
                   "leaf values at most, before learning_rate; 0: any"),
      option_field("max_bin", &O::max_bin, Range{.low = 1, .high = 255}, "bins of a feature at most"),
      option_field("class_weight", &O::class_weight, {},
                   "none, balanced, or label=weight,label=weight (labels left out: 1)"),
  };
  return list;
}

Options Gbdt::default_options() const {
  return Options(GbdtOptions(), GbdtOptions::fields());
}

Task Gbdt::task(const Options& options, const Column& target) const {
  if (objective_ != nullptr) return objective_->task();
  const std::string& objective = options.as<GbdtOptions>().objective;
  if (objective == "auto") return natural_task(target);
  return objective == "log_loss" ? Task::classification : Task::regression;
}

std::vector<std::unique_ptr<Model>> Gbdt::fit_many(const Dataset& dataset, std::span<const FitSpec> specs,
                                                   const Execution& execution) const {
  std::vector<std::unique_ptr<Model>> models;
  for (const FitSpec& spec : specs) {
    check_ranges(*spec.options);
    check_rows(dataset, spec, where);
    const auto& options = spec.options->as<GbdtOptions>();
    const auto objective = objective_ != nullptr ? objective_ : make_objective(options, dataset.schema().target);
    const BoostingWeights weights = weigh(dataset, spec, options, execution);
    const auto table =
        BinnedTable::build(dataset, spec.row_mask, {.max_bins = static_cast<std::size_t>(options.max_bin)}, execution);
    Boosting boosting({dataset, spec, options, *objective, table, weights, execution});
    TreeModel::Parts parts{std::string(where), dataset.schema(), boosting.run(), {}};
    parts.training = {.n_rows = weights.n_rows,
                      .iterations = parts.ensemble.trees.size() / objective->n_margins(),
                      .converged = true,
                      .objective = boosting.mean_loss(),
                      .stopped_by = "n_estimators",
                      .options_json = spec.options->json()};
    models.push_back(std::make_unique<TreeModel>(std::move(parts)));
  }
  return models;
}

std::unique_ptr<TreeModel> Gbdt::fit(const Dataset& dataset, const GbdtOptions& options,
                                     const Execution& execution) const {
  const Options described(options, GbdtOptions::fields());
  const FitSpec spec{.options = &described};
  std::unique_ptr<Model> model = std::move(fit_many(dataset, std::span(&spec, 1), execution).front());
  return std::unique_ptr<TreeModel>(static_cast<TreeModel*>(model.release()));
}

}  // namespace thrum
