#include "thrum/learn/tree/split_search_internal.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "thrum/learn/tree/histogram_internal.h"

namespace thrum {
namespace {

constexpr std::size_t most_bins = 256;
static_assert(most_bins + scan_width >= histogram_stride);

/// left[b]: of the bins 1 to b. Returns the sum of all but bin 0.
GradientSum add_up_bins(const GradientSum* bins, std::size_t n_bins, GradientSum* left) {
  GradientSum sum = left[0] = 0;
  std::size_t b = 1;
  for (; b + 4 <= n_bins; b += 4) {
    // Of each four, all but the last addition can run ahead of the sum.
    const GradientSum two = bins[b] + bins[b + 1];
    const GradientSum three = two + bins[b + 2];
    const GradientSum four = two + (bins[b + 2] + bins[b + 3]);
    left[b] = sum + bins[b];
    left[b + 1] = sum + two;
    left[b + 2] = sum + three;
    left[b + 3] = sum += four;
  }
  for (; b < n_bins; ++b) left[b] = sum += bins[b];
  return sum;
}

/// Whether the gain of a split is lower than that of `best` without doubt, as single precision tells: the score errs by
/// a few parts in ten million.
bool is_worse(const ScanBest& split, const SearchedNode& node, const Split& best) {
  return node.rules.l1 == 0 && split.score < 0.9999f * best.score;
}

double shrink(double g, double l1) {
  return std::copysign(std::max(std::abs(g) - l1, 0.0), g);
}

}  // namespace

double leaf_value(double g, double h, const SplitRules& rules) {
  const double below = h + rules.reg_lambda;
  if (!(below > 0)) return 0;
  const double value = -shrink(g, rules.reg_alpha) / below;
  return rules.max_delta_step > 0 ? std::clamp(value, -rules.max_delta_step, rules.max_delta_step) : value;
}

GoesLeft goes_left(const Split& split, const BinnedFeature& feature) {
  GoesLeft bytes;
  for (std::size_t byte = 0; byte < bytes.size(); ++byte) {
    const bool own = byte >= feature.first_bin && byte - feature.first_bin < feature.map.n_bins();
    const std::size_t bin = own ? byte - feature.first_bin : feature.most_frequent_bin;
    bytes[byte] = split.left_bins.contains(bin) ? 1 : 0;
  }
  return bytes;
}

void SplitSearch::search(std::size_t feature, const GradientSum* column_sums, const SearchedNode& node,
                         Split& best) const {
  const BinnedFeature& f = features_[feature];
  const auto search_bins = [&](const GradientSum* bins) {
    if (f.map.type == FeatureType::category) return search_category(feature, bins, node, best);
    is_bounded() ? search_bounded(feature, bins, node, best) : search_number(feature, bins, node, best);
  };
  if (!f.is_bundled) return search_bins(column_sums);
  GradientSum bins[most_bins + scan_width];
  std::copy_n(column_sums + f.first_bin, f.map.n_bins(), bins);
  // Its most frequent bin is what the others leave.
  bins[f.most_frequent_bin] = node.sum;
  for (std::size_t b = 0; b < f.map.n_bins(); ++b) {
    if (b != f.most_frequent_bin) bins[f.most_frequent_bin] -= bins[b];
  }
  search_bins(bins);
}

void SplitSearch::search_number(std::size_t feature, const GradientSum* bins, const SearchedNode& node,
                                Split& best) const {
  const std::size_t n_bins = features_[feature].map.n_bins();
  GradientSum left[most_bins + scan_width];  // of the bins 1 to i
  const GradientSum sum = add_up_bins(bins, n_bins, left);
  ScanBest found = scan_splits(left, n_bins - 1, 0, node.sum, node.rules);
  bool missing_left = found.bin >= 0 && hessian_of(sum) < 2 * static_cast<std::int64_t>(hessian_of(left[found.bin]));
  if (bins[0] != 0) {
    const std::size_t first = rules_.may_part_missing(feature) ? 0 : 1;
    ScanBest other = scan_splits(left + first, n_bins - 1 - first, bins[0], node.sum, node.rules);
    if (other.bin >= 0) other.bin += static_cast<std::int32_t>(first);
    missing_left = other.bin >= 0 && (found.bin < 0 || other.score > found.score);
    if (missing_left) found = other;
  }
  if (found.bin < 0 || is_worse(found, node, best)) return;
  Split split;
  split.feature = feature;
  split.score = found.score;
  split.last_left_bin = static_cast<std::size_t>(found.bin);
  split.missing_left = missing_left;
  split.left = left[found.bin] + (missing_left ? bins[0] : 0);
  split.gain = gain(split, node, 0);
  keep_if_better(split, best);
}

void SplitSearch::search_flags(const FlagColumn& flags, std::span<const std::uint8_t> allowed,
                               const GradientSum* column_sums, const SearchedNode& node, Split& best) const {
  if (is_bounded()) {
    for (const std::size_t f : flags.features) {
      if (allowed[f] != 0) search(f, column_sums, node, best);
    }
    return;
  }
  // A split's score does not depend on which side is which, and a side without rows is no candidate.
  GradientSum sides[most_bins + scan_width];
  for (std::size_t i = 0; i < flags.bytes.size(); ++i) {
    sides[i] = allowed[flags.features[i]] != 0 ? column_sums[flags.bytes[i]] : 0;
  }
  const ScanBest found = scan_splits(sides, flags.bytes.size(), 0, node.sum, node.rules);
  if (found.bin < 0 || is_worse(found, node, best)) return;
  Split split;
  split.score = found.score;
  split.feature = flags.features[static_cast<std::size_t>(found.bin)];
  split.last_left_bin = 1;
  split.left = features_[split.feature].most_frequent_bin == 1 ? node.sum - sides[found.bin] : sides[found.bin];
  split.missing_left = hessian_of(node.sum) < 2 * static_cast<std::int64_t>(hessian_of(split.left));
  split.gain = gain(split, node, 0);
  keep_if_better(split, best);
}

void SplitSearch::search_bounded(std::size_t feature, const GradientSum* bins, const SearchedNode& node,
                                 Split& best) const {
  const std::size_t n_bins = features_[feature].map.n_bins();
  const std::int32_t least = node.rules.min_hessian;
  GradientSum present = 0;
  for (std::size_t b = 1; b < n_bins; ++b) present += bins[b];
  Split found;
  GradientSum left = 0;
  for (std::size_t b = 0; b + 1 < n_bins; ++b) {
    if (b > 0) left += bins[b];
    for (const bool missing_left : {false, true}) {
      if (missing_left && (bins[0] == 0 || (b == 0 && !rules_.may_part_missing(feature)))) continue;
      Split split;
      split.feature = feature;
      split.last_left_bin = b;
      split.left = left + (missing_left ? bins[0] : 0);
      split.missing_left =
          bins[0] == 0 ? hessian_of(present) < 2 * static_cast<std::int64_t>(hessian_of(left)) : missing_left;
      if (hessian_of(split.left) < least || hessian_of(node.sum - split.left) < least) continue;
      split.gain = gain(split, node, 0);
      if (split.gain > found.gain) found = split;
    }
  }
  keep_if_better(found, best);
}

void SplitSearch::search_category(std::size_t feature, const GradientSum* bins, const SearchedNode& node,
                                  Split& best) const {
  const std::int32_t least = node.rules.min_hessian;
  // Bin 0 takes part like a category: its rows are those with missing, rare or unknown ones.
  std::vector<std::size_t> occupied;
  for (std::size_t b = 0; b < features_[feature].map.n_bins(); ++b) {
    if (hessian_of(bins[b]) > 0) occupied.push_back(b);
  }
  if (occupied.size() < 2) return;
  Split found;
  const auto consider = [&](const Split& split, double extra_l2) {
    if (hessian_of(split.left) < least || hessian_of(node.sum - split.left) < least) return;
    const double g = gain(split, node, extra_l2);
    if (g <= found.gain) return;
    found = split;
    found.gain = g;
  };
  Split empty;
  empty.feature = feature;
  if (occupied.size() <= rules_.max_cat_to_onehot) {
    for (const std::size_t b : occupied) {
      Split split = empty;
      split.left_bins.insert(b);
      split.left = bins[b];
      consider(split, 0);
    }
  } else {
    // The best set of categories is one of the first in the order of g / h (Fisher 1958); smoothed, as few rows tell
    // little.
    const auto rank = [&](std::size_t b) {
      return gradient_of(bins[b]) * grid_.g_unit / (hessian_of(bins[b]) * grid_.h_unit + rules_.cat_smooth);
    };
    std::ranges::sort(occupied, {}, [&](std::size_t b) { return std::pair(rank(b), b); });
    const std::size_t n = std::min(rules_.max_cat_threshold, occupied.size() - 1);
    for (const bool from_below : {true, false}) {
      Split split = empty;
      for (std::size_t i = 0; i < n; ++i) {
        const std::size_t b = occupied[from_below ? i : occupied.size() - 1 - i];
        split.left_bins.insert(b);
        split.left += bins[b];
        consider(split, rules_.cat_l2);
      }
    }
  }
  if (!found) return;
  found.missing_left = bins[0] != 0 ? found.left_bins.contains(0)
                                    : hessian_of(node.sum) < 2 * static_cast<std::int64_t>(hessian_of(found.left));
  keep_if_better(found, best);
}

void SplitSearch::keep_if_better(Split split, Split& best) const {
  if (!split || !is_better(split, best)) return;
  if (features_[split.feature].map.type == FeatureType::number) {
    split.left_bins.insert_up_to(split.last_left_bin);
  }
  if (split.missing_left) split.left_bins.insert(0);
  best = split;
}

bool SplitSearch::is_better(const Split& a, const Split& b) const {
  if (a.gain != b.gain) return a.gain > b.gain;
  return features_[a.feature].feature < features_[b.feature].feature;
}

double SplitSearch::value(GradientSum sum, const NodeSums& bounds) const {
  const double free = leaf_value(gradient_of(sum) * grid_.g_unit, hessian_of(sum) * grid_.h_unit, rules_);
  return std::clamp(free, bounds.lower, bounds.upper);
}

/// Twice by how much a leaf with these rows lowers the loss.
double SplitSearch::score(GradientSum sum, const NodeSums& bounds, double extra_l2) const {
  const double g = gradient_of(sum) * grid_.g_unit;
  const double below = hessian_of(sum) * grid_.h_unit + rules_.reg_lambda + extra_l2;
  if (rules_.max_delta_step > 0 || !rules_.monotone.empty()) {
    const double v = value(sum, bounds);
    return -(2 * g * v + below * v * v + 2 * rules_.reg_alpha * std::abs(v));
  }
  const double shrunk = shrink(g, rules_.reg_alpha);
  return shrunk * shrunk / below;
}

double SplitSearch::gain(const Split& split, const SearchedNode& node, double extra_l2) const {
  const GradientSum right = node.sum - split.left;
  const int direction = rules_.direction(split.feature);
  if (direction != 0 && direction * (value(right, node) - value(split.left, node)) < 0) return 0;
  const double gain = score(split.left, node, extra_l2) + score(right, node, extra_l2) - node.score;
  return gain > node.min_gain ? gain : 0;
}

std::array<NodeSums, 2> SplitSearch::children(const Split& split, const NodeSums& node) const {
  NodeSums left = node;
  NodeSums right = node;
  left.sum = split.left;
  right.sum = node.sum - split.left;
  const int direction = rules_.direction(split.feature);
  if (direction == 0) return {left, right};
  // No leaf of one side may pass the middle, so that the order holds whatever is split below.
  const double middle = 0.5 * (value(left.sum, node) + value(right.sum, node));
  (direction > 0 ? left : right).upper = middle;
  (direction > 0 ? right : left).lower = middle;
  return {left, right};
}

SearchedNode SplitSearch::begin(const NodeSums& sums) const {
  SearchedNode node{sums, {}};
  node.rules = {.l1 = static_cast<float>(rules_.reg_alpha / grid_.g_unit),
                .l2 = static_cast<float>(rules_.reg_lambda / grid_.h_unit),
                .min_hessian = min_hessian(sums)};
  node.score = score(sums.sum, sums, 0);
  // What the rounding of gradients alone may explain is no gain.
  const double h = hessian_of(sums.sum) * grid_.h_unit;
  const double noise = 4 * grid_.g_unit * grid_.g_unit * static_cast<double>(sums.n_rows) / h;
  node.min_gain = std::max(noise, rules_.min_split_gain);
  return node;
}

std::int32_t SplitSearch::min_hessian(const NodeSums& node) const {
  const double per_row = static_cast<double>(hessian_of(node.sum)) / static_cast<double>(node.n_rows);
  const double least = std::ceil(std::max(rules_.min_child_weight / grid_.h_unit, rules_.min_child_samples * per_row));
  return static_cast<std::int32_t>(std::clamp(least, 1.0, 0x1p31 - 1));
}

}  // namespace thrum
