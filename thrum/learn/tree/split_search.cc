#include "thrum/learn/tree/split_search_internal.h"

#include <algorithm>
#include <cmath>

#include "thrum/learn/tree/histogram_internal.h"
#include "thrum/learn/tree/split_scan_internal.h"

namespace thrum {
namespace {

constexpr std::size_t most_bins = 256;
static_assert(most_bins + scan_width >= histogram_stride);

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

void SplitSearch::search(std::size_t feature, const GradientSum* column_sums, const NodeSums& node, Split& best) const {
  const BinnedFeature& f = features_[feature];
  if (!f.is_bundled) return search_number(feature, column_sums, node, best);
  GradientSum bins[most_bins + scan_width];
  std::copy_n(column_sums + f.first_bin, f.map.n_bins(), bins);
  // Its most frequent bin is what the others leave.
  bins[f.most_frequent_bin] = node.sum;
  for (std::size_t b = 0; b < f.map.n_bins(); ++b) {
    if (b != f.most_frequent_bin) bins[f.most_frequent_bin] -= bins[b];
  }
  search_number(feature, bins, node, best);
}

void SplitSearch::search_number(std::size_t feature, const GradientSum* bins, const NodeSums& node, Split& best) const {
  const std::size_t n_bins = features_[feature].map.n_bins();
  GradientSum left[most_bins + scan_width];  // of the bins 1 to i
  GradientSum sum = 0;
  left[0] = 0;
  for (std::size_t b = 1; b < n_bins; ++b) left[b] = sum += bins[b];

  const ScanRules rules{.l1 = static_cast<float>(rules_.reg_alpha / grid_.g_unit),
                        .l2 = static_cast<float>(rules_.reg_lambda / grid_.h_unit),
                        .min_hessian = min_hessian(node)};
  ScanBest found = scan_splits(left, n_bins - 1, 0, node.sum, rules);
  bool missing_left = found.bin >= 0 && hessian_of(sum) < 2 * static_cast<std::int64_t>(hessian_of(left[found.bin]));
  if (bins[0] != 0) {
    const ScanBest other = scan_splits(left, n_bins - 1, bins[0], node.sum, rules);
    missing_left = other.bin >= 0 && (found.bin < 0 || other.score > found.score);
    if (missing_left) found = other;
  }
  if (found.bin < 0) return;
  Split split;
  split.feature = feature;
  split.last_left_bin = static_cast<std::size_t>(found.bin);
  split.missing_left = missing_left;
  split.left = left[found.bin] + (missing_left ? bins[0] : 0);
  split.gain = gain(node, split.left);
  if (!split || !is_better(split, best)) return;
  for (std::size_t b = missing_left ? 0 : 1; b <= split.last_left_bin; ++b) split.left_bins.insert(b);
  best = split;
}

bool SplitSearch::is_better(const Split& a, const Split& b) const {
  if (a.gain != b.gain) return a.gain > b.gain;
  return features_[a.feature].feature < features_[b.feature].feature;
}

double SplitSearch::score(GradientSum sum) const {
  const double g = shrink(gradient_of(sum) * grid_.g_unit, rules_.reg_alpha);
  return g * g / (hessian_of(sum) * grid_.h_unit + rules_.reg_lambda);
}

double SplitSearch::gain(const NodeSums& node, GradientSum left) const {
  const double gain = score(left) + score(node.sum - left) - score(node.sum);
  // What the rounding of gradients alone may explain is no gain.
  const double h = hessian_of(node.sum) * grid_.h_unit;
  const double noise = 4 * grid_.g_unit * grid_.g_unit * static_cast<double>(node.n_rows) / h;
  return gain > std::max(noise, rules_.min_split_gain) ? gain : 0;
}

std::int32_t SplitSearch::min_hessian(const NodeSums& node) const {
  const double per_row = static_cast<double>(hessian_of(node.sum)) / static_cast<double>(node.n_rows);
  const double least = std::ceil(std::max(rules_.min_child_weight / grid_.h_unit, rules_.min_child_samples * per_row));
  return static_cast<std::int32_t>(std::clamp(least, 1.0, 0x1p31 - 1));
}

}  // namespace thrum
