#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

#include "thrum/core/error.h"
#include "thrum/learn/check_ranges_internal.h"
#include "thrum/learn/linear/row_weights_internal.h"
#include "thrum/learn/tree/forest/fit_forests_internal.h"
#include "thrum/learn/tree/forest/forest_plan_internal.h"
#include "thrum/learn/tree/forest/grow_forest_internal.h"
#include "thrum/model/tree/tree_model.h"

namespace thrum::forest {
namespace {

std::size_t sample_size(double max_samples, std::size_t n_rows) {
  const auto all = static_cast<double>(n_rows);
  const double wanted = max_samples <= 1 ? std::nearbyint(max_samples * all) : std::min(max_samples, all);
  return std::max<std::size_t>(1, static_cast<std::size_t>(wanted));
}

Plan make_plan(const Settings& settings, const Schema& schema, const ForestRows& rows, std::string_view where) {
  Plan plan{.growth = plan_growth(settings.tree, schema, rows, where), .n_trees = settings.n_trees};
  plan.thresholds = settings.thresholds;
  plan.bootstrap = settings.bootstrap;
  plan.n_samples = sample_size(settings.max_samples, rows.rows.size());
  plan.ccp_alpha = settings.tree.ccp_alpha;
  plan.out_of_bag = settings.oob_score;
  if (plan.out_of_bag && !plan.bootstrap) {
    throw Error(ErrorCode::invalid_argument, fmt::format("[{}] oob_score needs bootstrap", where),
                "without it every tree sees every row");
  }
  return plan;
}

/// The trees to go on from; none without a start.
std::vector<Tree> given_trees(const FitSpec& spec, const Dataset& dataset, std::size_t n_trees,
                              std::string_view where) {
  if (spec.start == nullptr) return {};
  const auto* start = dynamic_cast<const TreeModel*>(spec.start);
  if (start == nullptr || start->algorithm() != where || start->schema().to_json() != dataset.schema().to_json()) {
    throw Error(ErrorCode::invalid_argument,
                fmt::format("[{}] the start is a model of another algorithm or of other columns", where),
                "start from a model of the same learner, trained on the same columns and categories");
  }
  if (start->ensemble().trees.size() > n_trees) {
    throw Error(ErrorCode::invalid_argument,
                fmt::format("[{}] the start has {} trees already, n_estimators is {}", where,
                            start->ensemble().trees.size(), n_trees),
                "raise n_estimators: it counts the trees of the start, too");
  }
  return start->ensemble().trees;
}

/// The impurity that the trees leave, on average: what the leaves' weights and ... say is not kept, the nodes' gains
/// are.
TreeEnsemble ensemble_of(std::vector<Tree> trees, const ForestRows& rows) {
  TreeEnsemble ensemble{.trees = std::move(trees), .leaf_width = rows.n_values()};
  ensemble.base.assign(rows.n_values(), 0.0);
  ensemble.scale = 1 / static_cast<double>(ensemble.trees.size());
  ensemble.link = rows.n_classes > 0 ? Link::clip : Link::identity;
  return ensemble;
}

/// Fits that need the same ranks share a table.
class TableOfSpecs {
 public:
  TableOfSpecs(const Dataset& dataset, const Execution& execution) : dataset_(dataset), execution_(execution) {}

  /// The ranks that a fit on `mask` alone would have.
  const RankedTable& of(std::span<const std::uint8_t> mask) {
    const bool masked = std::ranges::find(mask, 0) != mask.end();
    const bool serves = table_ && (table_->is_exact() || std::ranges::equal(mask_, mask));
    int builds = serves ? 0 : 1;
    execution_.communicator->allreduce(std::span(&builds, 1), ReduceOp::max);
    if (builds > 0) {
      table_ = RankedTable::build(dataset_, masked ? mask : std::span<const std::uint8_t>(), execution_);
      mask_.assign(mask.begin(), mask.end());
    }
    return *table_;
  }

 private:
  const Dataset& dataset_;
  const Execution& execution_;
  std::optional<RankedTable> table_;
  std::vector<std::uint8_t> mask_;
};

OutOfBagFit fit_one(const Dataset& dataset, const FitSpec& spec, const Settings& settings, std::string_view algorithm,
                    TableOfSpecs& tables, const Execution& execution) {
  const Impurity impurity = impurity_of(settings.tree.criterion, dataset.schema().target.task);
  const ForestRows rows =
      gather_rows(dataset, spec, settings.tree.class_weight, impurity == Impurity::squared_error, execution, algorithm);
  const Plan plan = make_plan(settings, dataset.schema(), rows, algorithm);
  std::vector<Tree> trees = given_trees(spec, dataset, plan.n_trees, algorithm);
  Grown grown = grow_forest(tables.of(spec.row_mask), rows, plan, trees.size(), execution);
  std::ranges::move(grown.trees, std::back_inserter(trees));
  TrainingRecord record{.n_rows = rows.rows.size(), .iterations = trees.size(), .converged = true};
  record.objective = plan.out_of_bag ? grown.out_of_bag.error : std::numeric_limits<double>::quiet_NaN();
  record.stopped_by = "all trees are grown";
  record.options_json = spec.options->json();
  auto model = std::make_unique<TreeModel>(TreeModel::Parts{.algorithm = std::string(algorithm),
                                                            .schema = dataset.schema(),
                                                            .ensemble = ensemble_of(std::move(trees), rows),
                                                            .training = std::move(record)});
  return {.model = std::move(model), .out_of_bag = std::move(grown.out_of_bag)};
}

}  // namespace

Settings settings_of(const ForestOptions& options) {
  return {.tree = options,
          .n_trees = static_cast<std::size_t>(options.n_estimators),
          .bootstrap = options.bootstrap,
          .max_samples = options.max_samples,
          .oob_score = options.oob_score};
}

std::vector<std::unique_ptr<Model>> models_of(std::vector<OutOfBagFit> fits) {
  std::vector<std::unique_ptr<Model>> models;
  for (OutOfBagFit& fit : fits) models.push_back(std::move(fit.model));
  return models;
}

std::vector<OutOfBagFit> fit_forests(const Dataset& dataset, std::span<const FitSpec> specs,
                                     std::span<const Settings> settings, std::string_view algorithm,
                                     const Execution& execution) {
  for (const FitSpec& spec : specs) {
    check_ranges(*spec.options);
    check_rows(dataset, spec, algorithm);
    check_has_target(dataset, algorithm);
  }
  std::vector<OutOfBagFit> fits;
  TableOfSpecs tables(dataset, execution);
  for (std::size_t i = 0; i < specs.size(); ++i) {
    fits.push_back(fit_one(dataset, specs[i], settings[i], algorithm, tables, execution));
  }
  return fits;
}

}  // namespace thrum::forest
