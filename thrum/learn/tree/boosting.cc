#include "thrum/learn/tree/boosting_internal.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "thrum/comm/row_blocks.h"
#include "thrum/core/error.h"
#include "thrum/core/printable.h"
#include "thrum/learn/tree/constraints_internal.h"
#include "thrum/learn/tree/group_quantiles_internal.h"
#include "thrum/learn/tree/raw_margins_internal.h"
#include "thrum/learn/tree/row_hash_internal.h"
#include "thrum/learn/tree/tree_values_internal.h"

namespace thrum {
namespace {

SplitRules split_rules(const Boosting::Input& in) {
  const GbdtOptions& options = in.options;
  const auto monotone = parse_monotone(options.monotone_constraints, in.dataset.schema());
  return {.reg_alpha = options.reg_alpha,
          .reg_lambda = options.reg_lambda,
          .min_split_gain = options.min_split_gain,
          .min_child_weight = options.min_child_weight,
          .min_child_samples = static_cast<double>(options.min_child_samples),
          .max_delta_step = options.max_delta_step,
          .cat_smooth = options.cat_smooth,
          .cat_l2 = options.cat_l2,
          .max_cat_threshold = static_cast<std::size_t>(options.max_cat_threshold),
          .max_cat_to_onehot = static_cast<std::size_t>(options.max_cat_to_onehot),
          .monotone = by_table(in.table.features(), monotone),
          .holds_lowest = features_with_lowest(in.dataset, in.table, in.execution)};
}

GrowthLimits growth_limits(const GbdtOptions& options) {
  return {.max_leaves = static_cast<std::size_t>(options.num_leaves),
          .max_depth = options.max_depth < 0 ? 0 : static_cast<std::size_t>(options.max_depth),
          .depth_first = options.grow_policy == "depth"};
}

FeatureChooser feature_chooser(const Boosting::Input& in) {
  std::vector<std::vector<std::uint8_t>> groups;
  for (const auto& group : parse_interactions(in.options.interaction_constraints, in.dataset.schema())) {
    groups.push_back(by_table(in.table.features(), group));
  }
  return FeatureChooser(in.options, in.table.features(), std::move(groups));
}

void check_ranking(const QueryRows& queries, const Target& target) {
  if (queries.any_to_rank()) return;
  throw Error(ErrorCode::invalid_argument,
              fmt::format("[gbdt] expected a query of {} with rows of different {}, there is none",
                          in_quotes(target.query), in_quotes(target.name)),
              "rows of one query have the same value in its column");
}

std::size_t n_blocks(std::size_t n_rows) {
  return (n_rows + row_block - 1) / row_block;
}

}  // namespace

Boosting::Boosting(const Input& input)
    : in_(input),
      n_rows_(input.dataset.n_rows()),
      n_margins_(input.objective.n_margins()),
      rules_(split_rules(input)),
      features_(feature_chooser(input)),
      sampler_(input.options, n_rows_, input.dataset.first_row(), input.execution),
      margins_(n_margins_ * n_rows_),
      g_(n_margins_ * n_rows_),
      h_(n_margins_ * n_rows_),
      leaf_of_(n_rows_),
      grower_(input.table, input.execution) {
  if (in_.objective.task() == Task::ranking) {
    queries_.emplace(in_.dataset, in_.weights.values, in_.execution);
    check_ranking(*queries_, in_.dataset.schema().target);
  }
  if (in_.start.trees.empty()) {
    for (std::size_t k = 0; k < n_margins_; ++k) std::ranges::fill(margins(k), in_.start.base[k]);
  } else {
    write_raw_margins(in_.start, in_.dataset, {margins_.data(), n_margins_, n_rows_}, in_.execution);
  }
  if (in_.options.stopping_rounds == 0) return;
  watch_.emplace(in_.spec, in_.options, in_.objective, in_.table, in_.start, in_.execution);
}

Boosting::Outcome Boosting::run() {
  Outcome outcome{.ensemble = in_.start, .rounds = 0, .stopped_by = "all trees are grown"};
  const auto n_rounds = static_cast<std::size_t>(in_.options.n_estimators);
  for (std::size_t round = 0; round < n_rounds; ++round) {
    in_.execution.check_stop("gbdt");
    run_round(round);
    outcome.rounds = round + 1;
    const bool over = watch_ && watch_->is_over(round + 1);
    in_.execution.report(
        {"fit", round + 1, n_rounds, watch_ ? fmt::format("watched {:.6g}", watch_->score()) : std::string()});
    if (!over && !(watch_ && round + 1 == n_rounds)) continue;
    if (over) outcome.stopped_by = "the watched rows did not improve";
    outcome.rounds = watch_->best_round();
    break;
  }
  keep_rounds(outcome.rounds);
  for (Member& member : members_) {
    outcome.ensemble.trees.push_back(raw_tree(member.grown, in_.table.features(), in_.dataset.schema(),
                                              std::move(member.values), std::move(member.weights)));
  }
  outcome.mean_loss = mean_loss();
  return outcome;
}

void Boosting::run_round(std::size_t round) {
  const std::vector<std::size_t> dropped = drop(round);
  differentiate();
  if (sampler_.samples()) {
    sampler_.draw(round, in_.weights.values, {g_.data(), n_margins_, n_rows_}, {h_.data(), n_margins_, n_rows_});
  }
  const std::vector<Magnitude> magnitudes = measure();
  for (std::size_t k = 0; k < n_margins_; ++k) grow(k, round * n_margins_ + k, magnitudes[k]);
  put_back(dropped, round);
}

void Boosting::differentiate() {
  if (queries_) return queries_->gradients(in_.objective, margins(0), gradients(0), hessians(0));
  in_.differentiate(margins(), {g_.data(), n_margins_, n_rows_}, {h_.data(), n_margins_, n_rows_});
}

/// Of all ranks. The grid ends at the largest gradient, but not so far out that the usual ones would fall between its
/// first lines: there a few enormous ones count as less when splits are chosen.
std::vector<Boosting::Magnitude> Boosting::measure() const {
  std::vector<double> maxima(n_blocks(n_rows_) * 2 * n_margins_);
  const auto sums = sum_row_blocks(
      in_.execution, n_rows_, 2 * n_margins_, [&](std::size_t begin, std::size_t end, std::span<double> partial) {
        double* largest = maxima.data() + begin / row_block * 2 * n_margins_;
        for (std::size_t k = 0; k < n_margins_; ++k) {
          const float* g = g_.data() + k * n_rows_;
          const float* h = h_.data() + k * n_rows_;
          const GradientExtent extent = measure_gradients({g + begin, end - begin}, {h + begin, end - begin});
          partial[2 * k] = extent.sum_of_squares;
          partial[2 * k + 1] = extent.sum_h;
          largest[2 * k] = extent.max_g;
          largest[2 * k + 1] = extent.max_h;
        }
      });
  std::vector<double> largest(2 * n_margins_);
  for (std::size_t i = 0; i < maxima.size(); ++i) {
    double& most = largest[i % largest.size()];
    most = std::isfinite(maxima[i]) ? std::max(most, maxima[i]) : maxima[i];
  }
  in_.execution.communicator->allreduce(std::span(largest), ReduceOp::max);
  const auto n = static_cast<double>(in_.weights.n_rows);
  const double reach = GradientGrid::limit(in_.weights.n_rows) / 8.0;
  std::vector<Magnitude> result(n_margins_);
  for (std::size_t k = 0; k < n_margins_; ++k) {
    if (!std::isfinite(largest[2 * k] + largest[2 * k + 1] + sums[2 * k] + sums[2 * k + 1])) {
      throw Error(ErrorCode::invalid_argument,
                  "[gbdt] expected gradients that single precision can hold, they are larger",
                  "divide the target or the weights by a constant, or lower learning_rate");
    }
    result[k] = {std::min(largest[2 * k], reach * std::sqrt(sums[2 * k] / n)),
                 std::min(largest[2 * k + 1], reach * sums[2 * k + 1] / n)};
  }
  return result;
}

/// Gives the rows that count to the grower; returns how many.
std::size_t Boosting::choose_rows(std::size_t k, const GradientRounding& rounding) {
  const std::span<const double> weights = in_.weights.values;
  const std::span<const std::uint8_t> in_bag = sampler_.in_bag();
  const auto counts = [&](std::size_t i) {
    return in_bag.empty() ? weights.empty() || weights[i] > 0 : in_bag[i] != 0;
  };
  const bool all_count = in_bag.empty() && weights.empty();
  std::vector<std::size_t> before(n_blocks(n_rows_) + 1);
  parallel_for(*in_.execution.arena, n_rows_, row_block, [&](std::size_t begin, std::size_t end) {
    std::size_t n = all_count ? end - begin : 0;
    for (std::size_t i = begin; i < end && !all_count; ++i) n += counts(i) ? 1 : 0;
    before[begin / row_block + 1] = n;
  });
  std::partial_sum(before.begin(), before.end(), before.begin());
  const std::span<std::uint32_t> row_ids = grower_.rows();
  const std::span<RowGradient> rounded = grower_.gradients();
  parallel_for(*in_.execution.arena, n_rows_, row_block, [&](std::size_t begin, std::size_t end) {
    const std::size_t n = end - begin;
    GradientRounding block = rounding;
    block.first_row += begin;
    std::size_t out = before[begin / row_block];
    RowGradient all[row_block];
    round_gradients(block, gradients(k).subspan(begin, n), hessians(k).subspan(begin, n), std::span(all, n));
    if (before[begin / row_block + 1] - out == n) {
      std::copy_n(all, n, rounded.data() + out);
      std::iota(row_ids.data() + out, row_ids.data() + out + n, static_cast<std::uint32_t>(begin));
      return;
    }
    for (std::size_t i = begin; i < end; ++i) {
      if (!counts(i)) continue;
      row_ids[out] = static_cast<std::uint32_t>(i);
      rounded[out++] = all[i - begin];
    }
  });
  return before.back();
}

/// The tree for margin k, and what it adds to the margins.
void Boosting::grow(std::size_t k, std::size_t index, const Magnitude& magnitude) {
  const GradientGrid grid = GradientGrid::of(magnitude.g, magnitude.h, in_.weights.n_rows);
  const std::uint64_t key = derived_key(in_.execution.seed, index);
  features_.begin(key);
  const std::size_t n_chosen = choose_rows(k, {grid, key, in_.dataset.first_row()});
  GrownTree grown = grower_.grow(n_chosen, grid, rules_, growth_limits(in_.options), features_);
  if (n_chosen < n_rows_) std::ranges::fill(leaf_of_.values(), no_leaf);
  write_leaves(grown, leaf_of_.values(), in_.execution);
  members_.push_back(valued(std::move(grown), k));
  const Member& member = members_.back();
  add(member, k);
  if (watch_) watch_->add(TreeRouter(member.grown, in_.table.features()), member.values, k);
}

/// REQUIRES: leaf_of_ holds the leaves of the rows that count.
Boosting::Member Boosting::valued(GrownTree grown, std::size_t k) {
  const auto sums = sum_leaves(grown.leaves.size(), leaf_of_.values(),
                               {gradients(k), hessians(k), in_.weights.values, in_.weights.all_ones}, in_.execution);
  Member member;
  for (std::size_t l = 0; l < sums.size(); ++l) {
    member.values.push_back(leaf_value(sums[l].g, sums[l].h, rules_));
    const auto n_rows = static_cast<double>(grown.leaves[l].sums.n_rows);
    member.weights.push_back(in_.weights.all_ones ? n_rows : sums[l].weight);
    grown.leaves[l].rows = {};
  }
  member.grown = std::move(grown);
  if (const auto level = in_.objective.quantile()) renew_by_quantile(member, *level, k);
  for (std::size_t l = 0; l < sums.size(); ++l) {
    const NodeSums& bounds = member.grown.leaves[l].sums;
    member.values[l] = in_.options.learning_rate * std::clamp(member.values[l], bounds.lower, bounds.upper);
  }
  return member;
}

void Boosting::renew_by_quantile(Member& member, double level, std::size_t k) {
  std::vector<QuantileTerm> terms;
  for (std::size_t i = 0; i < n_rows_; ++i) {
    if (leaf_of_.values()[i] == no_leaf) continue;
    const double weight = in_.weights.values.empty() ? 1 : in_.weights.values[i];
    terms.push_back({in_.dataset.y()[i] - margins(k)[i], weight, leaf_of_.values()[i]});
  }
  member.values = group_quantiles(std::move(terms), member.values.size(), level, in_.execution);
}

/// To the rows whose leaves are known, and by its splits to those that were left out of the bag.
void Boosting::add(const Member& member, std::size_t k) {
  const std::span<double> z = margins(k);
  const std::span<const std::uint16_t> leaf_of = leaf_of_.values();
  std::optional<TreeRouter> router;
  if (sampler_.samples()) router.emplace(member.grown, in_.table.features());
  parallel_for(*in_.execution.arena, n_rows_, row_block, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      if (leaf_of[i] != no_leaf)
        z[i] += member.values[leaf_of[i]];
      else if (router)
        z[i] += member.values[router->leaf(in_.table, i)];
    }
  });
}

void Boosting::add_routed(const Member& member, double factor, std::size_t k) {
  const std::span<double> z = margins(k);
  const TreeRouter router(member.grown, in_.table.features());
  parallel_for(*in_.execution.arena, n_rows_, row_block, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) z[i] += factor * member.values[router.leaf(in_.table, i)];
  });
}

/// DART (Rashmi and Gilad-Bachrach 2015): the rounds that this one is to learn without; they are taken out of the
/// margins.
std::vector<std::size_t> Boosting::drop(std::size_t round) {
  std::vector<std::size_t> dropped;
  if (!is_dart()) return dropped;
  const std::uint64_t key = derived_key(in_.execution.seed ^ 0x64617274, round);
  if (unit_draw(key, 0) < in_.options.skip_drop) return dropped;
  for (std::size_t r = 0; r < members_.size() / n_margins_; ++r) {
    if (unit_draw(key, r + 1) < in_.options.drop_rate) dropped.push_back(r);
  }
  for (const std::size_t r : dropped) {
    for (std::size_t k = 0; k < n_margins_; ++k) add_routed(members_[r * n_margins_ + k], -1, k);
  }
  return dropped;
}

/// The dropped rounds and the new one share what the dropped ones had.
void Boosting::put_back(std::span<const std::size_t> dropped, std::size_t round) {
  if (dropped.empty()) return;
  const auto n = static_cast<double>(dropped.size());
  const auto scale = [&](std::size_t r, double factor, double added) {
    for (std::size_t k = 0; k < n_margins_; ++k) {
      Member& member = members_[r * n_margins_ + k];
      for (double& value : member.values) value *= factor;
      add_routed(member, added, k);
    }
  };
  for (const std::size_t r : dropped) scale(r, n / (n + 1), 1);
  // The new one is in the margins whole.
  scale(round, 1 / (n + 1), -n);
}

/// Takes later rounds out again.
void Boosting::keep_rounds(std::size_t n) {
  while (members_.size() > n * n_margins_) {
    add_routed(members_.back(), -1, (members_.size() - 1) % n_margins_);
    members_.pop_back();
  }
}

double Boosting::mean_loss() const {
  if (queries_) return queries_->mean_loss(in_.objective, margins_.values());
  return in_.mean_loss(margins());
}

}  // namespace thrum
