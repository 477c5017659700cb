#pragma once

#include <cstdint>

#include "thrum/data/ranked_table.h"

namespace thrum::forest {

/// The number at `u` in [0, 1) of the way from the values of rank `lowest` to those of rank `highest`.
double number_between(const RankMap& map, std::uint32_t lowest, std::uint32_t highest, double u);

/// A threshold between the values of the ranks `left` and `right`: `wanted`, if it is one, and a float, if one is
/// there. REQUIRES: 1 <= left < right < map.n_ranks().
double threshold_near(const RankMap& map, std::uint32_t left, std::uint32_t right, double wanted);

}  // namespace thrum::forest
