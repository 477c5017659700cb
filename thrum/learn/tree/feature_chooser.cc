#include "thrum/learn/tree/feature_chooser_internal.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "thrum/learn/tree/row_hash_internal.h"

namespace thrum {

void FeatureChooser::begin(std::uint64_t key) {
  key_ = key;
  tree_ = draw(std::vector<std::uint8_t>(features_.size(), 1), options_.colsample_bytree, derived_key(key, 1));
}

bool FeatureChooser::differ_by_node() const {
  return options_.colsample_bylevel < 1 || options_.colsample_bynode < 1 || !interactions_.empty();
}

std::vector<std::uint8_t> FeatureChooser::of_node(const Place& place) const {
  auto allowed = draw(tree_, options_.colsample_bylevel, derived_key(key_, 2 + place.depth));
  allowed = draw(std::move(allowed), options_.colsample_bynode, derived_key(key_, place.way));
  if (interactions_.empty()) return allowed;
  std::vector<std::uint8_t> may_meet(features_.size());
  for (const auto& group : interactions_) {
    if (!std::ranges::all_of(place.used, [&](std::size_t f) { return group[f] != 0; })) continue;
    for (std::size_t f = 0; f < may_meet.size(); ++f) may_meet[f] |= group[f];
  }
  for (std::size_t f = 0; f < allowed.size(); ++f) allowed[f] &= may_meet[f];
  return allowed;
}

/// A share of the features in `from`, at least one where there is one: those with the lowest hashes.
std::vector<std::uint8_t> FeatureChooser::draw(std::vector<std::uint8_t> from, double share, std::uint64_t key) const {
  if (share >= 1) return from;
  std::vector<std::pair<std::uint64_t, std::size_t>> ranked;
  for (std::size_t f = 0; f < from.size(); ++f) {
    if (from[f] != 0) ranked.emplace_back(derived_key(key, features_[f].feature), f);
  }
  std::ranges::sort(ranked);
  const auto wanted = static_cast<std::size_t>(std::llround(share * static_cast<double>(ranked.size())));
  for (std::size_t i = std::max<std::size_t>(1, wanted); i < ranked.size(); ++i) from[ranked[i].second] = 0;
  return from;
}

}  // namespace thrum
