#pragma once

#include <cstdint>
#include <vector>

#include "thrum/data/table.h"

namespace thrum {

/// Which query each row belongs to: queries are numbered as they first occur in `column`, whose equal values, numbers
/// or texts, mean the same query; its rows may stand anywhere. Throws invalid_argument for a missing value, naming the
/// row.
std::vector<std::uint32_t> number_queries(const Table& table, const Column& column);

/// The largest label of a ranking: how relevant a row is to its query is a whole number from 0 on.
inline constexpr int largest_relevance = 31;

}  // namespace thrum
