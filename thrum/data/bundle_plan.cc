#include <algorithm>
#include <unordered_map>

#include "thrum/data/bundle_plan_internal.h"

namespace thrum {
namespace {

constexpr std::size_t n_byte_values = 256;
constexpr std::size_t most_open = 100;  // groups that are searched, as in LightGBM

bool overlap(const RowBits& a, const RowBits& b) {
  constexpr std::size_t at_once = 64;
  for (std::size_t begin = 0; begin < a.size(); begin += at_once) {
    std::uint64_t common = 0;
    for (std::size_t k = begin; k < std::min(begin + at_once, a.size()); ++k) common |= a[k] & b[k];
    if (common != 0) return true;
  }
  return false;
}

}  // namespace

std::size_t BundlePlan::add(std::size_t n_bins, const RowBits& others) {
  if (others.empty() || 1 + n_bins > n_byte_values) return n_groups_++;
  const auto found = std::ranges::find_if(open_, [&](const Group& group) {
    return group.n_bytes + n_bins <= n_byte_values && !overlap(group.taken, others);
  });
  if (found != open_.end()) {
    found->n_bytes += n_bins;
    for (std::size_t k = 0; k < others.size(); ++k) found->taken[k] |= others[k];
    return found->number;
  }
  open_.push_back({.number = n_groups_, .n_bytes = 1 + n_bins, .taken = others});
  if (open_.size() > most_open) open_.pop_front();
  return n_groups_++;
}

std::vector<std::size_t> lay_out(std::span<BinnedFeature> features, std::span<const std::size_t> groups) {
  std::unordered_map<std::size_t, std::size_t> n_members;
  for (const std::size_t group : groups) ++n_members[group];
  std::unordered_map<std::size_t, std::size_t> column_of;
  std::vector<std::size_t> column_bins;
  for (std::size_t f = 0; f < features.size(); ++f) {
    BinnedFeature& feature = features[f];
    feature.is_bundled = n_members[groups[f]] > 1;
    feature.column = column_of.try_emplace(groups[f], column_bins.size()).first->second;
    if (feature.column == column_bins.size()) column_bins.push_back(feature.is_bundled ? 1 : 0);
    feature.first_bin = column_bins[feature.column];
    column_bins[feature.column] += feature.map.n_bins();
  }
  return column_bins;
}

}  // namespace thrum
