#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "thrum/data/binned_table.h"
#include "thrum/data/schema.h"

namespace thrum {

/// "age=1,debt=-1" as one direction per feature of the schema; empty for "none". Throws invalid_argument for any other
/// text, names that are no numeric features, and directions but -1, 0 and 1.
std::vector<int> parse_monotone(std::string_view text, const Schema& schema);

/// "age,debt;age,income" as groups of features that may occur together on a way from the root to a leaf, one flag per
/// feature of the schema; features that no group names are one more group. Empty for "none". Throws invalid_argument.
std::vector<std::vector<std::uint8_t>> parse_interactions(std::string_view text, const Schema& schema);

/// 1 for each of the table's numeric features with missing values of which a row holds -infinity (collective).
std::vector<std::uint8_t> features_with_lowest(const Dataset& dataset, const BinnedTable& table,
                                               const Execution& execution);

/// The same per feature of a table.
template <class T>
std::vector<T> by_table(std::span<const BinnedFeature> features, const std::vector<T>& by_schema) {
  std::vector<T> values;
  if (by_schema.empty()) return values;
  for (const BinnedFeature& feature : features) values.push_back(by_schema[feature.feature]);
  return values;
}

}  // namespace thrum
