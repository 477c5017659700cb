#include "thrum/learn/tree/sibling_search_internal.h"

#include <algorithm>
#include <utility>

#include "thrum/learn/tree/histogram_internal.h"

namespace thrum {

std::vector<ColumnGroup> column_groups(const BinnedTable& table) {
  constexpr std::size_t width = 8;
  std::vector<ColumnGroup> groups;
  for (std::size_t begin = 0; begin < table.n_columns(); begin += width) {
    groups.push_back({.begin = begin, .end = std::min(table.n_columns(), begin + width)});
  }
  for (std::size_t f = 0; f < table.features().size(); ++f) {
    const BinnedFeature& feature = table.features()[f];
    if (!is_flag(feature)) groups[feature.column / width].features.push_back(f);
  }
  for (FlagColumn& flags : flag_columns(table.features())) {
    groups[flags.column / width].flags.push_back(std::move(flags));
  }
  return groups;
}

void SiblingSearch::choose_features(const Siblings& siblings) const {
  if (!features_.differ_by_node()) return;
  for (GrowingNode* node : {siblings.smaller, siblings.larger}) {
    if (node != nullptr) node->allowed = features_.of_node({node->depth, node->way, node->used});
  }
}

std::array<Split, 2> SiblingSearch::best_splits(const Siblings& siblings, const ColumnGroup& group) const {
  std::array<Split, 2> found;
  if (siblings.larger != nullptr) subtract(siblings, group);
  if (siblings.smaller->may_split) found[0] = best_split(*siblings.smaller, group);
  if (siblings.larger != nullptr && siblings.larger->may_split) found[1] = best_split(*siblings.larger, group);
  return found;
}

void SiblingSearch::subtract(const Siblings& siblings, const ColumnGroup& group) const {
  for (std::size_t c = group.begin; c < group.end; ++c) {
    GradientSum* larger = siblings.larger->histogram + c * histogram_stride;
    const GradientSum* smaller = siblings.smaller->histogram + c * histogram_stride;
    for (std::size_t b = 0; b < table_.n_bins(c); ++b) larger[b] -= smaller[b];
  }
}

Split SiblingSearch::best_split(const GrowingNode& node, const ColumnGroup& group) const {
  Split best;
  const std::span<const std::uint8_t> may_use = allowed(node);
  const SearchedNode searched = splits_.begin(node.sums);
  for (const std::size_t f : group.features) {
    if (may_use[f] == 0) continue;
    splits_.search(f, node.histogram + table_.features()[f].column * histogram_stride, searched, best);
  }
  for (const FlagColumn& flags : group.flags) {
    splits_.search_flags(flags, may_use, node.histogram + flags.column * histogram_stride, searched, best);
  }
  return best;
}

std::span<const std::uint8_t> SiblingSearch::allowed(const GrowingNode& node) const {
  return node.allowed.empty() ? features_.of_tree() : std::span(node.allowed);
}

void SiblingSearch::keep_best(const Siblings& siblings, const std::array<Split, 2>& found) const {
  GrowingNode* const nodes[] = {siblings.smaller, siblings.larger};
  for (std::size_t i = 0; i < 2; ++i) {
    if (found[i] && splits_.is_better(found[i], nodes[i]->split)) nodes[i]->split = found[i];
  }
}

}  // namespace thrum
