#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "thrum/data/binned_table.h"

namespace thrum {

/// Features of one shared column that can split a node in one way only: numbers of two bins, which no training row
/// lacks, such as the columns of a one-hot encoding.
struct FlagColumn {
  std::size_t column = 0;
  std::vector<std::size_t> features = {};  ///< indices in BinnedTable::features(), ascending
  std::vector<std::uint8_t> bytes = {};    ///< of the rows that are in the less frequent bin of features[i]
};

/// Whether the feature belongs in a FlagColumn.
bool is_flag(const BinnedFeature& feature);

/// All that there are, by column.
std::vector<FlagColumn> flag_columns(std::span<const BinnedFeature> features);

}  // namespace thrum
