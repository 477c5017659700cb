#include "thrum/learn/tree/forest/grow_forest_internal.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <limits>
#include <optional>
#include <utility>

#include "thrum/learn/tree/forest/finish_tree_internal.h"
#include "thrum/learn/tree/forest/out_of_bag_votes_internal.h"
#include "thrum/learn/tree/forest/prune_internal.h"
#include "thrum/learn/tree/forest/tree_exchange_internal.h"

namespace thrum::forest {
namespace {

constexpr std::uint64_t stream_of_trees = 0x74726565;  ///< so that no other use of the seed meets it

constexpr std::uint32_t most_draws = std::numeric_limits<std::uint16_t>::max();

Random random_of_tree(std::uint64_t seed, std::size_t t) {
  return Random(seed, (stream_of_trees << 32) + 2 * t);
}

Random random_of_sample(std::uint64_t seed, std::size_t t) {
  return Random(seed, (stream_of_trees << 32) + 2 * t + 1);
}

}  // namespace

std::vector<SampleRow> draw_sample(const ForestRows& rows, const Plan& plan, std::uint64_t seed, std::size_t t) {
  const std::size_t n = rows.rows.size();
  std::vector<std::uint32_t> counts(n, plan.bootstrap ? 0 : 1);
  const Random random = random_of_sample(seed, t);
  for (std::size_t i = 0; plan.bootstrap && i < plan.n_samples; i += 4) {
    const std::array<std::uint32_t, 4> bits = random.bits(i / 4);
    for (std::size_t k = i; k < std::min(i + 4, plan.n_samples); ++k) ++counts[std::uint64_t{bits[k - i]} * n >> 32];
  }
  std::vector<SampleRow> sample;
  sample.reserve(n);
  for (std::size_t i = 0; i < n; ++i) {
    if (counts[i] == 0) continue;
    const std::uint32_t row = rows.rows[i];
    const auto label = static_cast<std::uint16_t>(rows.n_classes > 0 ? rows.y[row] : 0);
    sample.push_back({row, static_cast<std::uint16_t>(std::min(counts[i], most_draws)), label});
  }
  return sample;
}

Grown grow_forest(const RankedTable& table, const ForestRows& rows, const Plan& plan, std::size_t first,
                  const Execution& execution) {
  const auto rank = static_cast<std::size_t>(execution.communicator->rank());
  const auto n_ranks = static_cast<std::size_t>(execution.communicator->size());
  const std::size_t n_new = plan.n_trees - first;
  const std::size_t n_own = n_new / n_ranks + (rank < n_new % n_ranks ? 1 : 0);
  std::atomic<std::size_t> n_done = 0;
  std::optional<OutOfBagVotes> votes;
  if (plan.out_of_bag) votes.emplace(table, rows);
  std::optional<NumberTable> numbers;
  if (plan.thresholds == Thresholds::drawn) numbers.emplace(table, execution);
  const GrowthTable growth_table{.ranks = table, .numbers = numbers ? &*numbers : nullptr};
  const auto grow = [&](std::size_t i) {
    const std::size_t t = first + i * n_ranks + rank;
    Growth growth = plan.growth;
    growth.random = random_of_tree(execution.seed, t);
    std::vector<SampleRow> sample = draw_sample(rows, plan, execution.seed, t);
    const std::vector<SampleRow> in_bag = votes ? sample : std::vector<SampleRow>();
    GrownTree grown = grow_tree(growth_table, rows, std::move(sample), growth, execution);
    if (plan.ccp_alpha > 0) prune(grown, plan.ccp_alpha, grown.nodes.front().weight * rows.weight_unit);
    Tree tree = finish_tree(grown, growth_table, rows.weight_unit);
    if (votes) votes->add(tree, in_bag);
    execution.report({"trees", ++n_done, n_own, {}});
    return tree;
  };
  std::vector<Tree> own = parallel_map(*execution.arena, n_own, grow, execution.stop);
  Grown grown{.trees = exchange_trees(std::move(own), *execution.communicator)};
  if (votes) grown.out_of_bag = votes->result(*execution.communicator);
  return grown;
}

}  // namespace thrum::forest
