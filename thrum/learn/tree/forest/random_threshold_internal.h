#pragma once

#include <cstdint>

#include "thrum/data/ranked_table.h"

namespace thrum::forest {

struct DrawnThreshold {
  std::uint32_t left = 0;  ///< the last rank at or below the threshold
  double threshold = 0;
};

/// The number at `u` in [0, 1) of the way from the values of rank `lowest` to those of rank `highest`.
double number_between(const RankMap& map, std::uint32_t lowest, std::uint32_t highest, double u);

/// A threshold at `wanted`, moved out of the values of a rank where it falls among them. REQUIRES: 1 <= lowest <
/// highest, and `wanted` lies between their values.
DrawnThreshold threshold_at(const RankMap& map, std::uint32_t lowest, std::uint32_t highest, double wanted);

}  // namespace thrum::forest
