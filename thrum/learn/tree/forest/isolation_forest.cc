#include "thrum/learn/tree/forest/isolation_forest.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <numbers>
#include <utility>

#include "thrum/core/error.h"
#include "thrum/learn/check_ranges_internal.h"
#include "thrum/learn/linear/row_weights_internal.h"
#include "thrum/learn/tree/forest/forest_rows_internal.h"
#include "thrum/learn/tree/forest/isolation_sample_internal.h"
#include "thrum/learn/tree/forest/isolation_tree_internal.h"
#include "thrum/learn/tree/forest/tree_exchange_internal.h"
#include "thrum/learn/tree/forest/tree_option_fields_internal.h"

namespace thrum {
namespace {

constexpr std::string_view where = "isolation-forest";
constexpr std::uint64_t stream_of_trees = 0x69736f74;  ///< so that no other use of the seed meets it
/// The score of a row that is asked as many questions as usual, and what rounding may add to it.
constexpr double threshold_of_auto = 0.5 * (1 + 0x1p-40);

[[noreturn]] void refuse(const std::string& message, const std::string& hint) {
  throw Error(ErrorCode::invalid_argument, fmt::format("[{}] {}", where, message), hint);
}

/// 0 for "auto".
double parse_contamination(std::string_view text) {
  if (text == "auto") return 0;
  double share = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), share);
  if (error == std::errc() && end == text.data() + text.size() && share > 0 && share <= 0.5) return share;
  throw Error(ErrorCode::invalid_argument,
              fmt::format("[contamination] expected auto or a share in (0, 0.5], got \"{}\"", text));
}

/// `wanted` of `n`: up to 1 a fraction, above a number.
std::size_t count_of(double wanted, std::size_t n, std::size_t least) {
  const auto all = static_cast<double>(n);
  const double count = wanted <= 1 ? std::nearbyint(wanted * all) : std::min(wanted, all);
  return std::max(least, static_cast<std::size_t>(count));
}

void check(const Dataset& dataset, const FitSpec& spec) {
  check_ranges(*spec.options);
  check_rows(dataset, spec, where);
  if (dataset.schema().target.task != Task::anomaly) {
    refuse("expected a dataset in which anomalies are looked for", "make it with Task::anomaly");
  }
  if (spec.start != nullptr) refuse("goes on from no other model", "leave the start out, and raise n_estimators");
}

/// Where the rows that may be drawn stand among those of all ranks (collective).
std::vector<std::uint32_t> rows_to_draw_from(std::span<const double> weights) {
  std::vector<std::uint32_t> rows;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    if (weights[i] == 0) continue;
    rows.push_back(static_cast<std::uint32_t>(i));
    if (weights[i] == weights[rows.front()]) continue;
    refuse(fmt::format("draws all rows alike, but their weights differ: {} in row {}, {} in row {}",
                       weights[rows.front()], rows.front() + 1, weights[i], i + 1),
           "leave the weights out; those of 0 may stay");
  }
  if (rows.size() < 2) {
    refuse(fmt::format("expected two training rows or more with a weight above 0, got {}", rows.size()), "");
  }
  return rows;
}

/// Trees of two rows ask one question of every row.
void check_drawn(const forest::SamplePlan& plan) {
  if (plan.n_drawn > 2 || plan.n_rows == 2) return;
  refuse(fmt::format("max_samples draws {} of {} rows per tree, which gives all rows the same score", plan.n_drawn,
                     plan.n_rows),
         "draw more, such as 256");
}

std::vector<Tree> grow_trees(const Dataset& dataset, std::span<const std::uint32_t> rows,
                             const forest::SamplePlan& plan, std::size_t n_features, const Execution& execution) {
  const forest::DrawnRows drawn(dataset, rows, plan, execution);
  const forest::IsolationRows isolation{dataset.schema().features, drawn.values()};
  const auto max_depth = static_cast<std::size_t>(std::ceil(std::log2(static_cast<double>(plan.n_drawn))));
  const auto rank = static_cast<std::size_t>(execution.communicator->rank());
  const auto n_ranks = static_cast<std::size_t>(execution.communicator->size());
  const std::size_t n_own = plan.n_trees / n_ranks + (rank < plan.n_trees % n_ranks ? 1 : 0);
  std::atomic<std::size_t> n_done = 0;
  const auto grow = [&](std::size_t i) {
    const std::size_t t = i * n_ranks + rank;
    std::vector<std::uint32_t> sample = draw_rows(plan, t);
    drawn.place(sample);
    const Random random(plan.seed, (stream_of_trees << 32) + t);
    Tree tree = forest::grow_isolation_tree(isolation, std::move(sample), n_features, max_depth, random);
    execution.report({"trees", ++n_done, n_own, {}});
    return tree;
  };
  std::vector<Tree> own = parallel_map(*execution.arena, n_own, grow, execution.stop);
  return forest::exchange_trees(std::move(own), *execution.communicator);
}

TreeEnsemble ensemble_of(std::vector<Tree> trees, std::size_t n_drawn) {
  TreeEnsemble ensemble{.trees = std::move(trees)};
  const double usual = static_cast<double>(ensemble.trees.size()) * forest::average_path_length(n_drawn);
  ensemble.scale = -std::numbers::ln2 / usual;
  ensemble.link = Link::exp;
  return ensemble;
}

/// The scores of this rank's rows.
std::vector<double> scores_of(const Model& model, const Dataset& dataset, const Execution& execution) {
  const std::vector<std::byte> image = model.compile();
  const auto predictor = open_predictor(image);
  std::vector<double> scores(dataset.n_rows());
  const auto predict = [&](std::size_t begin, std::size_t end) {
    const std::size_t width = dataset.reader().n_features();
    std::vector<double> buffer((end - begin) * width);
    const MatrixView<double> rows(buffer.data(), end - begin, width);
    dataset.reader().read(dataset.first_row() + begin, rows);
    predictor->predict(rows, {scores.data() + begin, end - begin, 1});
  };
  parallel_for(*execution.arena, scores.size(), predictor->batch_rows(), predict, execution.stop);
  return scores;
}

/// The score that the share `contamination` of the rows is above (collective): numpy's percentile of them, negated.
double threshold_of(double contamination, const Model& model, const Dataset& dataset, std::span<const double> weights,
                    const Execution& execution) {
  const std::vector<double> own = scores_of(model, dataset, execution);
  std::vector<double> scores;
  for (const auto& part : execution.communicator->allgatherv<double>(own)) {
    scores.insert(scores.end(), part.begin(), part.end());
  }
  std::size_t n = 0;
  for (std::size_t i = 0; i < scores.size(); ++i) {
    if (weights[i] > 0) scores[n++] = scores[i];
  }
  scores.resize(n);
  std::ranges::sort(scores, std::greater());
  const double place = contamination * static_cast<double>(n - 1);
  const auto above = static_cast<std::size_t>(place);
  return scores[above] + (place - std::floor(place)) * (scores[above + 1] - scores[above]);
}

std::unique_ptr<Model> fit_one(const Dataset& dataset, const FitSpec& spec, const Execution& execution) {
  check(dataset, spec);
  const auto& options = spec.options->as<IsolationForestOptions>();
  const std::vector<double> weights = forest::weights_of_all_ranks(dataset, spec, execution);
  const std::vector<std::uint32_t> rows = rows_to_draw_from(weights);
  const forest::SamplePlan plan{.n_trees = static_cast<std::size_t>(options.n_estimators),
                                .n_rows = rows.size(),
                                .n_drawn = count_of(options.max_samples, rows.size(), 2),
                                .bootstrap = options.bootstrap,
                                .seed = execution.seed};
  check_drawn(plan);
  const std::size_t n_features = count_of(options.max_features, dataset.schema().features.size(), 1);
  TreeModel::Parts parts{.algorithm = std::string(where), .schema = dataset.schema(), .ensemble = {}, .training = {}};
  parts.ensemble = ensemble_of(grow_trees(dataset, rows, plan, n_features, execution), plan.n_drawn);
  parts.training = {.n_rows = rows.size(), .iterations = plan.n_trees, .converged = true};
  parts.training.objective = std::numeric_limits<double>::quiet_NaN();
  parts.training.stopped_by = "all trees are grown";
  parts.training.options_json = spec.options->json();
  parts.schema.target.threshold = threshold_of_auto;
  const double contamination = parse_contamination(options.contamination);
  if (contamination > 0) {
    parts.schema.target.threshold = threshold_of(contamination, TreeModel(parts), dataset, weights, execution);
  }
  return std::make_unique<TreeModel>(std::move(parts));
}

}  // namespace

std::span<const OptionField> IsolationForestOptions::fields() {
  using O = IsolationForestOptions;
  const auto check_contamination = [](std::string_view text) { static_cast<void>(parse_contamination(text)); };
  static const std::vector<OptionField> list = {
      option_field("n_estimators", &O::n_estimators, Range{1, 1e6}, "trees"),
      option_field("max_samples", &O::max_samples, Range{.low = 0, .low_open = true, .high_open = true},
                   "rows drawn per tree: up to 1 a fraction of all, above a number, or all where there are fewer"),
      option_field("max_features", &O::max_features, Range{.low = 0, .low_open = true, .high_open = true},
                   "features drawn per tree: up to 1 a fraction of all, above a number"),
      option_field("bootstrap", &O::bootstrap, Range{}, "rows are drawn with replacement"),
      forest::checked(
          option_field("contamination", &O::contamination, {},
                       "auto: scores above 0.5 are anomalies; or the share of the rows that are, up to 0.5"),
          check_contamination),
  };
  return list;
}

std::vector<std::unique_ptr<Model>> IsolationForest::fit_many(const Dataset& dataset, std::span<const FitSpec> specs,
                                                              const Execution& execution) const {
  std::vector<std::unique_ptr<Model>> models;
  for (const FitSpec& spec : specs) models.push_back(fit_one(dataset, spec, execution));
  return models;
}

}  // namespace thrum
