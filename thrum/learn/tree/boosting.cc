#include "thrum/learn/tree/boosting_internal.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "thrum/comm/row_blocks.h"
#include "thrum/learn/tree/tree_values_internal.h"

namespace thrum {
namespace {

SplitRules split_rules(const GbdtOptions& options) {
  return {.reg_alpha = options.reg_alpha,
          .reg_lambda = options.reg_lambda,
          .min_split_gain = options.min_split_gain,
          .min_child_weight = options.min_child_weight,
          .min_child_samples = static_cast<double>(options.min_child_samples),
          .max_delta_step = options.max_delta_step};
}

GrowthLimits growth_limits(const GbdtOptions& options) {
  return {.max_leaves = static_cast<std::size_t>(options.num_leaves),
          .max_depth = options.max_depth < 0 ? 0 : static_cast<std::size_t>(options.max_depth),
          .depth_first = options.grow_policy == "depth"};
}

}  // namespace

Boosting::Boosting(const Input& input)
    : in_(input),
      n_rows_(input.dataset.n_rows()),
      n_margins_(input.objective.n_margins()),
      base_(input.objective.base(input.weights.means)),
      margins_(n_margins_ * n_rows_),
      g_(n_margins_ * n_rows_),
      h_(n_margins_ * n_rows_),
      leaf_of_(n_rows_),
      grower_(input.table, input.execution) {
  for (std::size_t k = 0; k < n_margins_; ++k) std::ranges::fill(margins(k), base_[k]);
}

TreeEnsemble Boosting::run() {
  TreeEnsemble ensemble;
  ensemble.base = base_;
  ensemble.link = in_.objective.link();
  const auto n_iterations = static_cast<std::size_t>(in_.options.n_estimators);
  for (std::size_t i = 0; i < n_iterations; ++i) {
    in_.execution.check_stop("gbdt");
    const std::vector<Maxima> maxima = differentiate();
    for (std::size_t k = 0; k < n_margins_; ++k) ensemble.trees.push_back(grow(k, i * n_margins_ + k, maxima[k]));
    in_.execution.report({"fit", i + 1, n_iterations});
  }
  return ensemble;
}

ObjectiveRows Boosting::rows(std::size_t begin, std::size_t end) const {
  const auto part = [&](std::span<const double> all) { return all.subspan(begin, end - begin); };
  return {.y = part(in_.dataset.y()),
          .weights = in_.weights.all_ones ? std::span<const double>() : part(in_.weights.values),
          .margins = {margins_.data() + begin, n_margins_, end - begin, n_rows_}};
}

std::span<float> Boosting::gradients(std::size_t k) {
  return g_.values().subspan(k * n_rows_, n_rows_);
}
std::span<float> Boosting::hessians(std::size_t k) {
  return h_.values().subspan(k * n_rows_, n_rows_);
}
std::span<double> Boosting::margins(std::size_t k) {
  return margins_.values().subspan(k * n_rows_, n_rows_);
}

/// Fills g_ and h_; returns the largest of all ranks, per margin.
std::vector<Boosting::Maxima> Boosting::differentiate() {
  const std::size_t n_blocks = (n_rows_ + row_block - 1) / row_block;
  std::vector<double> maxima(n_blocks * 2 * n_margins_);
  parallel_for(
      *in_.execution.arena, n_rows_, row_block,
      [&](std::size_t begin, std::size_t end) {
        const std::size_t n = end - begin;
        const MatrixView<float> g(g_.data() + begin, n_margins_, n, n_rows_);
        const MatrixView<float> h(h_.data() + begin, n_margins_, n, n_rows_);
        in_.objective.gradients(rows(begin, end), g, h);
        double* out = maxima.data() + begin / row_block * 2 * n_margins_;
        for (std::size_t k = 0; k < n_margins_; ++k) {
          float max_g = 0;
          float max_h = 0;
          for (const float x : g.row(k)) max_g = std::max(max_g, std::abs(x));
          for (const float x : h.row(k)) max_h = std::max(max_h, x);
          out[2 * k] = static_cast<double>(max_g);
          out[2 * k + 1] = static_cast<double>(max_h);
        }
      },
      in_.execution.stop);
  std::vector<double> largest(2 * n_margins_);
  for (std::size_t i = 0; i < maxima.size(); ++i) {
    largest[i % largest.size()] = std::max(largest[i % largest.size()], maxima[i]);
  }
  in_.execution.communicator->allreduce(std::span(largest), ReduceOp::max);
  std::vector<Maxima> result(n_margins_);
  for (std::size_t k = 0; k < n_margins_; ++k) result[k] = {largest[2 * k], largest[2 * k + 1]};
  return result;
}

/// Gives the rows that count to the grower; returns how many.
std::size_t Boosting::choose_rows(std::size_t k, const GradientRounding& rounding) {
  const std::span<const double> weights = in_.weights.values;
  const std::size_t n_blocks = (n_rows_ + row_block - 1) / row_block;
  std::vector<std::size_t> before(n_blocks + 1);
  parallel_for(*in_.execution.arena, n_rows_, row_block, [&](std::size_t begin, std::size_t end) {
    std::size_t& count = before[begin / row_block + 1];
    if (weights.empty()) {
      count = end - begin;
      return;
    }
    for (std::size_t i = begin; i < end; ++i) count += weights[i] > 0 ? 1 : 0;
  });
  std::partial_sum(before.begin(), before.end(), before.begin());
  const std::span<std::uint32_t> row_ids = grower_.rows();
  const std::span<RowGradient> rounded = grower_.gradients();
  parallel_for(*in_.execution.arena, n_rows_, row_block, [&](std::size_t begin, std::size_t end) {
    const std::size_t n = end - begin;
    GradientRounding block = rounding;
    block.first_row += begin;
    std::size_t out = before[begin / row_block];
    if (before[begin / row_block + 1] - out == n) {
      round_gradients(block, gradients(k).subspan(begin, n), hessians(k).subspan(begin, n), rounded.subspan(out, n));
      std::iota(row_ids.begin() + static_cast<std::ptrdiff_t>(out),
                row_ids.begin() + static_cast<std::ptrdiff_t>(out + n), static_cast<std::uint32_t>(begin));
      return;
    }
    RowGradient all[row_block];
    round_gradients(block, gradients(k).subspan(begin, n), hessians(k).subspan(begin, n), std::span(all, n));
    for (std::size_t i = begin; i < end; ++i) {
      if (weights[i] == 0) continue;
      row_ids[out] = static_cast<std::uint32_t>(i);
      rounded[out++] = all[i - begin];
    }
  });
  return before.back();
}

/// The tree for margin k, and what it adds to the margins.
Tree Boosting::grow(std::size_t k, std::size_t index, const Maxima& maxima) {
  const GradientGrid grid = GradientGrid::of(maxima.g, maxima.h, in_.weights.n_rows);
  const SplitRules rules = split_rules(in_.options);
  const std::uint64_t seed = in_.execution.seed + 0x9e3779b97f4a7c15u * (index + 1);
  const std::size_t n_chosen = choose_rows(k, {grid, seed, in_.dataset.first_row()});
  const std::vector<std::uint8_t> all(in_.table.features().size(), 1);
  const GrownTree grown = grower_.grow(n_chosen, grid, rules, growth_limits(in_.options), all);

  const std::span<std::uint16_t> leaf_of = leaf_of_.values();
  if (n_chosen < n_rows_) std::ranges::fill(leaf_of, no_leaf);
  write_leaves(grown, leaf_of, in_.execution);
  const auto sums = sum_leaves(grown.leaves.size(), leaf_of,
                               {gradients(k), hessians(k), in_.weights.values, in_.weights.all_ones}, in_.execution);
  std::vector<double> values;
  std::vector<double> weights;
  for (std::size_t l = 0; l < sums.size(); ++l) {
    values.push_back(in_.options.learning_rate * leaf_value(sums[l].g, sums[l].h, rules));
    weights.push_back(in_.weights.all_ones ? static_cast<double>(grown.leaves[l].sums.n_rows) : sums[l].weight);
  }
  const std::span<double> z = margins(k);
  parallel_for(*in_.execution.arena, n_rows_, row_block, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      if (leaf_of[i] != no_leaf) z[i] += values[leaf_of[i]];
    }
  });
  return raw_tree(grown, in_.table.features(), in_.dataset.schema(), std::move(values), std::move(weights));
}

double Boosting::mean_loss() const {
  const std::vector<double> sums =
      sum_row_blocks(in_.execution, n_rows_, 2, [&](std::size_t begin, std::size_t end, std::span<double> partial) {
        const ObjectiveRows block = rows(begin, end);
        partial[0] = in_.objective.loss(block);
        for (std::size_t i = 0; i < block.y.size(); ++i) partial[1] += block.weight(i);
      });
  return sums[0] / sums[1];
}

}  // namespace thrum
