#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>

#include "thrum/data/ranked_table.h"
#include "thrum/learn/tree/forest/growth_internal.h"
#include "thrum/learn/tree/forest/node_draws_internal.h"
#include "thrum/learn/tree/forest/node_ranks_internal.h"
#include "thrum/learn/tree/forest/random_threshold_internal.h"
#include "thrum/learn/tree/forest/split_internal.h"

namespace thrum::forest {

/// Divides a node's rows by numbers at thresholds that are drawn: any between the least and the greatest number of the
/// node, each as likely. What the maps of features say lies far apart in memory, so a node asks for it for some
/// features before it waits for any. One per task: it holds scratch.
template <class Criterion>
class ThresholdDraws {
 public:
  ThresholdDraws(const RankedTable& table, const Growth& growth) : table_(table), growth_(growth) {}

  /// Fills results[i] where features[i] is a number. REQUIRES: node.begin(rows) was called, and `ranks` are those of
  /// the rows in the features.
  void search(const Criterion& node, const NodeRanks& ranks, std::span<const std::uint32_t> features, NodePath path,
              std::span<SplitResult> results) {
    n_draws_ = 0;
    for (std::size_t i = 0; i < features.size(); ++i) {
      if (table_.maps()[features[i]].type == FeatureType::number) add(features[i], ranks.of(i), results[i]);
    }
    draw(path);
    for (const Draw& draw : draws()) score(node, draw);
  }

 private:
  static constexpr std::size_t most_draws = NodeRanks::most_features;

  /// A feature that is looked at.
  struct Draw {
    std::uint32_t feature = 0;
    std::span<const std::uint16_t> ranks = {};  ///< of the node's rows
    std::uint32_t lowest = 0;                   ///< of them, besides rank 0
    std::uint32_t highest = 0;
    bool any_missing = false;
    SplitResult* result = nullptr;

    bool is_divided() const noexcept { return lowest < highest; }
  };

  std::span<Draw> draws() noexcept { return std::span(draws_).first(n_draws_); }

  void add(std::uint32_t feature, std::span<const std::uint16_t> ranks, SplitResult& result) {
    Draw& draw = draws_[n_draws_++];
    draw = {.feature = feature, .ranks = ranks, .result = &result};
    find_bounds(draw);
  }

  static void find_bounds(Draw& draw) noexcept {
    std::uint16_t lowest = std::numeric_limits<std::uint16_t>::max();
    std::uint16_t lowest_below = lowest;  // of ranks less one, where rank 0 is above all
    std::uint16_t highest = 0;
    for (const std::uint16_t rank : draw.ranks) {
      lowest = std::min(lowest, rank);
      lowest_below = std::min(lowest_below, static_cast<std::uint16_t>(rank - 1));
      highest = std::max(highest, rank);
    }
    draw.any_missing = lowest == 0;
    draw.lowest = highest == 0 ? 0 : lowest_below + 1u;
    draw.highest = highest;
    draw.result->is_constant = lowest == highest;
  }

  const RankMap& map(const Draw& draw) const noexcept { return table_.maps()[draw.feature]; }

  void draw(NodePath path) {
    std::array<double, most_draws> ways;
    for (std::size_t i = 0; i < n_draws_; ++i) {
      const Draw& draw = draws_[i];
      if (!draw.is_divided()) continue;
      ask_for_numbers(draw);
      ways[i] = growth_.random.uniform(path.draw_of_feature(draw.feature));
    }
    for (std::size_t i = 0; i < n_draws_; ++i) {
      Draw& draw = draws_[i];
      if (!draw.is_divided()) continue;
      draw.result->split.drawn = number_between(map(draw), draw.lowest, draw.highest, ways[i]);
      if (is_small(draw)) continue;
      const std::span<const double> near = map(draw).near(draw.result->split.drawn);
      __builtin_prefetch(near.data() + near.size() / 2);
    }
  }

  /// Where a node's own numbers are soon looked at, and not those near a threshold.
  static bool is_small(const Draw& draw) noexcept { return draw.ranks.size() <= 8; }

  void ask_for_numbers(const Draw& draw) const noexcept {
    const double* numbers = map(draw).lowest.data();
    if (is_small(draw)) {
      for (const std::uint16_t rank : draw.ranks) __builtin_prefetch(numbers + std::max<int>(rank, 1) - 1);
    } else {
      __builtin_prefetch(numbers + draw.lowest - 1);
      __builtin_prefetch(numbers + draw.highest - 1);
    }
  }

  /// Sets between which ranks the number that was drawn divides.
  void divide(const Draw& draw) const noexcept {
    RankSplit& split = draw.result->split;
    if (!is_small(draw)) {
      const auto rank = static_cast<std::uint32_t>(map(draw).rank_at(split.drawn));
      split.left = std::clamp(rank, draw.lowest, draw.highest - 1);
      split.right = split.left + 1;
      return;
    }
    split.left = draw.lowest;
    split.right = draw.highest;
    for (const std::uint32_t rank : draw.ranks) {
      if (rank <= split.left || rank >= split.right) continue;
      (map(draw).lowest[rank - 1] <= split.drawn ? split.left : split.right) = rank;
    }
  }

  void score(const Criterion& node, const Draw& draw) {
    if (draw.result->is_constant) return;
    RankSplit& split = draw.result->split;
    split.feature = draw.feature;
    if (draw.is_divided()) {
      divide(draw);
    } else if (map(draw).has_room_above()) {  // the others are missing
      split.left = draw.lowest;
      split.right = static_cast<std::uint32_t>(map(draw).n_ranks());
    } else {
      return;
    }
    score_side(node, draw, false);
    if (draw.any_missing) score_side(node, draw, true);
  }

  /// Scores the division with the missing rows on one side, and keeps the better.
  void score_side(const Criterion& node, const Draw& draw, bool missing_left) {
    RankSplit& split = draw.result->split;
    const std::uint16_t first = missing_left ? 0 : 1;
    const auto n_ranks = static_cast<std::uint16_t>(split.left - first);  // less one, so that it fits
    const std::span<const std::uint16_t> ranks = draw.ranks;
    typename Criterion::Left left(node);
    std::uint32_t n_left = 0;
    for (std::size_t i = 0; i < ranks.size(); ++i) {
      const bool goes_left = static_cast<std::uint16_t>(ranks[i] - first) <= n_ranks;  // rank 0 - 1 wraps around
      left.add_if(goes_left, node.payload(i));
      n_left += goes_left ? 1 : 0;
    }
    if (n_left == 0 || n_left == ranks.size()) return;
    if (!growth_.allows(n_left, ranks.size(), left.weight(), node.weight())) return;
    const double score = left.score();
    if (!(score > split.score)) return;
    split.score = score;
    split.missing_left = missing_left;
  }

  const RankedTable& table_;
  const Growth& growth_;
  std::array<Draw, most_draws> draws_;
  std::size_t n_draws_ = 0;
};

}  // namespace thrum::forest
