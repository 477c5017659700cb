#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "thrum/data/ranked_table.h"

namespace thrum {

/// One feature of all rows as ranks.
struct RankedColumn {
  RankMap map;
  std::vector<std::uint16_t> ranks;
};

/// values: as FeatureReader gives them. `mask`: 0 for rows without a say in what the ranks hold; empty: none.
RankedColumn rank_numbers(std::span<const double> values, std::span<const std::uint8_t> mask);
RankedColumn rank_categories(std::span<const double> codes, std::size_t n_categories);

}  // namespace thrum
