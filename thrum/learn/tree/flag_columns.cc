#include "thrum/learn/tree/flag_columns_internal.h"

#include <map>
#include <ranges>

namespace thrum {

bool is_flag(const BinnedFeature& feature) {
  return feature.is_bundled && feature.map.type == FeatureType::number && !feature.map.has_missing &&
         feature.map.n_bins() == 3 && feature.most_frequent_bin != 0;
}

std::vector<FlagColumn> flag_columns(std::span<const BinnedFeature> features) {
  std::map<std::size_t, FlagColumn> by_column;
  for (std::size_t f = 0; f < features.size(); ++f) {
    if (!is_flag(features[f])) continue;
    FlagColumn& flags = by_column[features[f].column];
    flags.column = features[f].column;
    flags.features.push_back(f);
    flags.bytes.push_back(static_cast<std::uint8_t>(features[f].first_bin + 3 - features[f].most_frequent_bin));
  }
  const auto found = by_column | std::views::values;
  return {found.begin(), found.end()};
}

}  // namespace thrum
