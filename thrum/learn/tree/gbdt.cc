#include "thrum/learn/tree/gbdt.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "thrum/comm/row_blocks.h"
#include "thrum/core/error.h"
#include "thrum/learn/check_ranges_internal.h"
#include "thrum/learn/linear/row_weights_internal.h"
#include "thrum/learn/tree/boosting_internal.h"
#include "thrum/learn/tree/group_quantiles_internal.h"
#include "thrum/learn/tree/objectives/objectives_internal.h"
#include "thrum/learn/tree/refit_internal.h"

namespace thrum {
namespace {

constexpr std::string_view where = Gbdt::learner_name;

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

/// The weights, and the ensemble without trees that a fit from nothing begins with.
struct Beginning {
  BoostingWeights weights;
  TreeEnsemble start;
};

double weighted_quantile(const Dataset& dataset, std::span<const double> weights, double level,
                         const Execution& execution) {
  std::vector<QuantileTerm> terms;
  for (std::size_t i = 0; i < weights.size(); ++i) terms.push_back({dataset.y()[i], weights[i], 0});
  return group_quantiles(std::move(terms), 1, level, execution).front();
}

Beginning begin(const Dataset& dataset, const FitSpec& spec, const Objective& objective, const Execution& execution) {
  const bool classes = dataset.schema().target.task == Task::classification;
  const std::string& class_weight = spec.options->as<GbdtOptions>().class_weight;
  if (!classes && class_weight != "none") {
    throw Error(ErrorCode::invalid_argument, "[gbdt] class_weight is of classes, the target has none",
                "leave it out, or weigh rows by a column");
  }
  const RowWeights rows =
      classes ? weigh_rows(dataset, spec, class_weight, execution, where) : weigh_rows(dataset, spec, execution, where);
  Beginning result;
  result.weights.n_rows = rows.n_rows;
  result.start.link = objective.link();
  const std::span<const double> values = rows.values.values();
  const auto level = objective.quantile();
  result.start.base = level ? std::vector<double>{weighted_quantile(dataset, values, *level, execution)}
                            : objective.base(weighted_means(dataset, rows, execution));
  double others = std::ranges::any_of(values, [](double w) { return w != 1; }) ? 1 : 0;
  execution.communicator->allreduce(std::span(&others, 1), ReduceOp::max);
  result.weights.all_ones = others == 0;
  if (others != 0) result.weights.values.assign(values.begin(), values.end());
  return result;
}

[[noreturn]] void refuse(const std::string& message, const std::string& hint) {
  throw Error(ErrorCode::invalid_argument, fmt::format("[{}] {}", where, message), hint);
}

/// What the ranges of single options do not say.
void check_options(const GbdtOptions& options, const FitSpec& spec, const Objective& objective) {
  if (options.stopping_rounds > 0 && spec.valid == nullptr) {
    refuse("stopping_rounds expects rows to watch, there are none", "hold some out with --valid");
  }
  if (options.stopping_rounds > 0 && options.boosting == "dart") {
    refuse("stopping_rounds and boosting=dart exclude each other: dart changes the rounds that it keeps",
           "use stopping_rounds=0");
  }
  if (options.metric == "auc" && objective.link() != Link::logistic) {
    refuse("metric=auc expects a target of two classes", "use metric=loss");
  }
  if (options.metric == "error" && objective.task() != Task::classification) {
    refuse("metric=error expects a target of classes", "use metric=loss");
  }
  if (options.data_sample_strategy == "goss" && options.top_rate + options.other_rate > 1) {
    refuse(fmt::format("expected top_rate + other_rate of 1 at most, got {}", options.top_rate + options.other_rate),
           "lower one of them");
  }
  if (options.objective == "quantile" && options.alpha >= 1) {
    refuse(fmt::format("expected alpha below 1 with objective=quantile, got {}", options.alpha), "");
  }
  if (options.refit && spec.start == nullptr) {
    refuse("refit expects a model to start from, there is none", "name one with --start");
  }
  if (objective.task() == Task::ranking) {
    if (options.refit) refuse("refit does not go with a ranking", "train on the new rows from the start");
  } else if (options.metric == "ndcg") {
    refuse("metric=ndcg expects a ranking", "use metric=loss");
  }
}

void check_targets(const Dataset& dataset, const Objective& objective) {
  const Task task = dataset.schema().target.task;
  if ((task == Task::ranking) != (objective.task() == Task::ranking)) {
    refuse(fmt::format("objective {} is for a {}, the dataset is for a {}", objective.name(),
                       task_name(objective.task()), task_name(task)),
           "use another objective");
  }
  for (std::size_t i = 0; i < dataset.n_rows(); ++i) {
    const double y = dataset.y()[i];
    if (objective.accepts(y)) continue;
    refuse(fmt::format("objective {} expects targets {}, row {} has {}", objective.name(), objective.domain(),
                       dataset.first_row() + i + 1, y),
           "use another objective");
  }
}

/// The ensemble of a model that can be continued.
const TreeEnsemble& checked_start(const Model& model, const Dataset& dataset, const TreeEnsemble& fresh) {
  const auto* start = dynamic_cast<const TreeModel*>(&model);
  if (start == nullptr || start->algorithm() != where) {
    refuse(fmt::format("expected a start by {}, got a model by {}", where, model.algorithm()), "");
  }
  if (start->schema().to_json() != dataset.schema().to_json()) {
    refuse("the start was trained on other features, categories or classes", "train on the same columns");
  }
  const TreeEnsemble& ensemble = start->ensemble();
  if (ensemble.link != fresh.link || ensemble.n_margins() != fresh.n_margins()) {
    refuse("the start was trained with another objective", "use the same objective");
  }
  return ensemble;
}

/// Whether the second fit may use the bins of the first.
bool same_bins(const FitSpec& a, const FitSpec& b) {
  const auto same = [](auto x, auto y) { return x.size() == y.size() && std::equal(x.begin(), x.end(), y.begin()); };
  return a.options->as<GbdtOptions>().max_bin == b.options->as<GbdtOptions>().max_bin && same(a.row_mask, b.row_mask);
}

std::unique_ptr<Model> as_model(const Dataset& dataset, const FitSpec& spec, std::size_t n_rows,
                                Boosting::Outcome outcome) {
  TrainingRecord record;
  record.n_rows = n_rows;
  record.iterations = outcome.rounds;
  record.converged = true;
  record.objective = outcome.mean_loss;
  record.stopped_by = outcome.stopped_by;
  record.options_json = spec.options->json();
  return std::make_unique<TreeModel>(
      TreeModel::Parts{std::string(where), dataset.schema(), std::move(outcome.ensemble), std::move(record)});
}

}  // namespace

Task Gbdt::task(const Options& options, const Column& target) const {
  if (objective_ != nullptr) return objective_->task();
  const std::string& objective = options.as<GbdtOptions>().objective;
  if (objective == "lambdarank") return Task::ranking;
  if (objective == "auto") return natural_task(target);
  return objective == "log_loss" ? Task::classification : Task::regression;
}

std::vector<std::unique_ptr<Model>> Gbdt::fit_many(const Dataset& dataset, std::span<const FitSpec> specs,
                                                   const Execution& execution) const {
  if (dataset.n_rows_of_all_ranks() > GradientGrid::max_rows) {
    refuse(fmt::format("expected {} rows at most, got {}", GradientGrid::max_rows, dataset.n_rows_of_all_ranks()),
           "train on a sample");
  }
  std::vector<std::unique_ptr<Model>> models;
  std::optional<BinnedTable> table;
  for (const FitSpec& spec : specs) {
    check_ranges(*spec.options);
    check_rows(dataset, spec, where);
    check_has_target(dataset, where);
    const auto& options = spec.options->as<GbdtOptions>();
    const auto objective = objective_ != nullptr ? objective_ : make_objective(options, dataset.schema().target);
    check_options(options, spec, *objective);
    check_targets(dataset, *objective);
    const Beginning beginning = begin(dataset, spec, *objective, execution);
    const TreeEnsemble& start =
        spec.start == nullptr ? beginning.start : checked_start(*spec.start, dataset, beginning.start);
    if (!table || !same_bins(spec, *(&spec - 1))) {
      table.reset();
      table = BinnedTable::build(dataset, spec.row_mask, {.max_bins = static_cast<std::size_t>(options.max_bin)},
                                 execution);
    }
    const Boosting::Input input{dataset, spec, options, *objective, *table, beginning.weights, start, execution};
    models.push_back(
        as_model(dataset, spec, beginning.weights.n_rows, options.refit ? refit_leaves(input) : Boosting(input).run()));
  }
  return models;
}

}  // namespace thrum
