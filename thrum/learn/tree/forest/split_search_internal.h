#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "thrum/core/random.h"
#include "thrum/data/ranked_table.h"
#include "thrum/learn/tree/forest/growth_internal.h"
#include "thrum/learn/tree/forest/node_draws_internal.h"
#include "thrum/learn/tree/forest/node_keys_internal.h"
#include "thrum/learn/tree/forest/sort_keys_internal.h"
#include "thrum/learn/tree/forest/split_internal.h"
#include "thrum/learn/tree/forest/threshold_draws_internal.h"

namespace thrum::forest {

/// Looks for the best divisions of a node's rows by features, of which the table has ranks, or, where thresholds are
/// drawn, keys. One per task: it holds scratch.
template <class Criterion, Thresholds thresholds>
class SplitSearch {
 public:
  using TableKey = KeyOf<thresholds>;

  SplitSearch(const KeyView<TableKey>& table, std::span<const RankMap> maps, const Growth& growth)
      : table_(table), maps_(maps), growth_(growth), draws_(growth), salt_(salt_of(growth.random)) {}

  /// Result i is of features[i]. REQUIRES: node.begin(rows) was called.
  std::span<SplitResult> search(const Criterion& node, std::span<const SampleRow> rows,
                                std::span<const std::uint32_t> features, NodePath path) {
    results_.assign(features.size(), {});
    for (std::size_t begin = 0; begin < features.size(); begin += NodeKeys<TableKey>::most_features) {
      const std::size_t n = std::min(NodeKeys<TableKey>::most_features, features.size() - begin);
      search_some(node, rows, features.subspan(begin, n), path, std::span(results_).subspan(begin, n));
    }
    return results_;
  }

 private:
  void search_some(const Criterion& node, std::span<const SampleRow> rows, std::span<const std::uint32_t> features,
                   NodePath path, std::span<SplitResult> results) {
    keys_.read(table_, rows, features);
    for (std::size_t i = 0; i < features.size(); ++i) {
      results[i] = search_one(node, keys_.of(i), maps_[features[i]], path.draw_of_feature(features[i]));
      results[i].split.feature = features[i];
    }
  }

  SplitResult search_one(const Criterion& node, std::span<const TableKey> ranks, const RankMap& map,
                         std::uint64_t draw) {
    if constexpr (thresholds == Thresholds::drawn) {
      if (map.type == FeatureType::number) return draws_.search(node, ranks, map, NodePath::mix(draw ^ salt_));
    }
    return ranks.size() <= SortKey<std::uint32_t>::most_rows ? search_with<std::uint32_t>(node, ranks, map, draw)
                                                             : search_with<std::uint64_t>(node, ranks, map, draw);
  }

  template <class Key>
  SplitResult search_with(const Criterion& node, std::span<const TableKey> ranks, const RankMap& map,
                          std::uint64_t draw) {
    const std::span<Key> keys = scratch<Key>().keys(ranks.size());
    unsigned differs = 0;
    for (std::size_t i = 0; i < ranks.size(); ++i) {
      differs |= static_cast<unsigned>(ranks[i] ^ ranks.front());
      keys[i] = SortKey<Key>::make(static_cast<std::uint16_t>(ranks[i]), node.payload(i));
    }
    if (differs == 0) return {.split = {}, .is_constant = true};
    return {.split = map.type == FeatureType::category ? search_categories(node, keys, map, draw)
                                                       : search_numbers(node, keys, map)};
  }

  template <class Key>
  RankSplit search_numbers(const Criterion& node, std::span<Key> keys, const RankMap& map) {
    scratch<Key>().sort(keys);
    RankSplit best;
    scan(node, std::span<const Key>(keys), map.has_room_above(), best);
    if (best.right == 0) best.right = static_cast<std::uint32_t>(map.n_ranks());
    return best;
  }

  /// Improves `best` by divisions between neighbours of the sorted keys, rows of rank 0 on either side, and, where
  /// `alone`, on a side of their own.
  template <class Key>
  void scan(const Criterion& node, std::span<const Key> keys, bool alone, RankSplit& best) {
    std::size_t missing = 0;
    while (SortKey<Key>::rank(keys[missing]) == 0) ++missing;
    if (missing > 0) scan_side(node, keys, {.count = missing, .left = true}, best);
    scan_side(node, keys, {.count = missing, .left = false, .alone = alone && missing > 0}, best);
  }

  /// What becomes of the rows of rank 0.
  struct Missing {
    std::size_t count = 0;
    bool left = false;
    bool alone = false;  ///< whether they may be all that is on their side
  };

  template <class Key>
  void scan_side(const Criterion& node, std::span<const Key> keys, const Missing& missing, RankSplit& best) {
    using K = SortKey<Key>;
    typename Criterion::Left left(node);
    if (missing.left) {
      for (std::size_t i = 0; i < missing.count; ++i) left.add(K::payload(keys[i]));
    }
    const std::size_t n = keys.size();
    const std::size_t n_elsewhere = missing.left ? 0 : missing.count;
    for (std::size_t i = missing.count; i < n; ++i) {
      left.add(K::payload(keys[i]));
      const std::uint32_t rank = K::rank(keys[i]);
      const std::uint32_t next = i + 1 < n ? K::rank(keys[i + 1]) : 0;
      if (next == rank || (i + 1 == n && !missing.alone)) continue;
      if (!growth_.allows(i + 1 - n_elsewhere, n, left.weight(), node.weight())) continue;
      const double score = left.score();
      if (!(score > best.score)) continue;
      best.score = score;
      best.left = rank;
      best.right = next;
      best.missing_left = missing.left;
    }
  }

  /// Scores `split` with the missing rows on the right and, where there are some, on the left, and keeps the better.
  template <class Key>
  void try_sides(const Criterion& node, std::span<const Key> keys, RankSplit& split) {
    const bool any_missing = std::ranges::any_of(keys, [](Key key) { return SortKey<Key>::rank(key) == 0; });
    try_side(node, keys, false, split);
    if (any_missing) try_side(node, keys, true, split);
  }

  template <class Key>
  void try_side(const Criterion& node, std::span<const Key> keys, bool missing_left, RankSplit& split) {
    using K = SortKey<Key>;
    typename Criterion::Left left(node);
    const std::uint32_t first = missing_left ? 0 : 1;
    const std::uint32_t n_ranks = split.left + 1 - first;
    std::size_t n_left = 0;
    for (const Key key : keys) {
      const bool goes_left = K::rank(key) - first < n_ranks;  // rank 0 - 1 wraps around
      left.add_if(goes_left, K::payload(key));
      n_left += goes_left ? 1 : 0;
    }
    if (n_left == 0 || n_left == keys.size() || !growth_.allows(n_left, keys.size(), left.weight(), node.weight()))
      return;
    const double score = left.score();
    if (!(score > split.score)) return;
    split.score = score;
    split.missing_left = missing_left;
  }

  /// The categories of the node and "missing", in the order of their means (which for two classes and for squared
  /// errors has the best set among its prefixes: Fisher 1958) or, where thresholds are drawn, in any order, are divided
  /// like numbers.
  template <class Key>
  RankSplit search_categories(const Criterion& node, std::span<Key> keys, const RankMap& map, std::uint64_t draw) {
    using K = SortKey<Key>;
    scratch<Key>().sort(keys);
    group_categories(node, std::span<const Key>(keys), draw);
    std::vector<std::uint32_t>& places = places_;
    places.resize(groups_.size());
    for (std::size_t p = 0; p < groups_.size(); ++p) places[groups_[p].index] = static_cast<std::uint32_t>(p + 1);
    std::size_t group = 0;
    for (std::size_t i = 0; i < keys.size(); ++i) {
      const std::uint32_t rank = K::rank(keys[i]);
      const bool ends = i + 1 == keys.size() || K::rank(keys[i + 1]) != rank;
      keys[i] = K::make(static_cast<std::uint16_t>(places[group]), K::payload(keys[i]));
      group += ends ? 1 : 0;
    }
    RankSplit best;
    if constexpr (thresholds == Thresholds::drawn) {
      best.left = 1 + static_cast<std::uint32_t>(growth_.random.below(draw, groups_.size() - 1));
      try_sides(node, std::span<const Key>(keys), best);
    } else {
      scratch<Key>().sort(keys);
      scan(node, std::span<const Key>(keys), false, best);
    }
    if (best.found()) name_categories(best, map);
    return best;
  }

  struct Group {
    std::uint32_t rank;
    std::uint32_t index;  ///< in the order of the ranks
    double place;
  };

  template <class Key>
  void group_categories(const Criterion& node, std::span<const Key> keys, std::uint64_t draw) {
    using K = SortKey<Key>;
    groups_.clear();
    for (std::size_t i = 0; i < keys.size();) {
      const std::uint32_t rank = K::rank(keys[i]);
      double weight = 0;
      double sum = 0;
      for (; i < keys.size() && K::rank(keys[i]) == rank; ++i) {
        const auto [w, s] = node.order(K::payload(keys[i]));
        weight += w;
        sum += s;
      }
      const double place = thresholds == Thresholds::drawn
                               ? growth_.random.uniform(draw + (std::uint64_t{rank} + 1) * category_stride)
                               : sum / weight;
      groups_.push_back({rank, static_cast<std::uint32_t>(groups_.size()), place});
    }
    std::ranges::sort(groups_, {}, [](const Group& group) { return std::pair(group.place, group.index); });
  }

  /// Turns "the first `left` groups" into a set of categories.
  void name_categories(RankSplit& split, const RankMap& map) {
    split.is_category = true;
    split.missing_left = false;
    std::vector<std::uint32_t>& codes = places_;
    codes.clear();
    for (const Group& group : std::span(groups_).first(split.left)) {
      split.missing_left |= group.rank == 0;
      if (group.rank > 0) codes.push_back(group.rank - 1);
    }
    std::ranges::sort(codes);
    split.category_list = append_category_set(codes, map.n_categories, split.categories);
  }

  static std::uint64_t salt_of(const Random& random) noexcept {
    const std::array<std::uint32_t, 4> bits = random.bits(0);
    return std::uint64_t{bits[0]} << 32 | bits[1];
  }

  template <class Key>
  KeySorter<Key>& scratch() {
    if constexpr (sizeof(Key) == 4) {
      return narrow_;
    } else {
      return wide_;
    }
  }

  static constexpr std::uint64_t category_stride = std::uint64_t{1} << 32;

  const KeyView<TableKey>& table_;
  std::span<const RankMap> maps_;
  const Growth& growth_;
  NodeKeys<TableKey> keys_;
  ThresholdDraws<Criterion> draws_;
  std::uint64_t salt_;  ///< of the tree
  std::vector<SplitResult> results_;
  KeySorter<std::uint32_t> narrow_;
  KeySorter<std::uint64_t> wide_;
  std::vector<Group> groups_;
  std::vector<std::uint32_t> places_;
};

}  // namespace thrum::forest
