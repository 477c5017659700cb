#pragma once

#include <span>

#include "thrum/data/ranked_table.h"
#include "thrum/learn/tree/forest/grown_tree_internal.h"
#include "thrum/model/tree/tree.h"

namespace thrum::forest {

/// The tree in terms of values, nodes and leaves numbered from the left, parents first. `weight_unit` as ForestRows has
/// it.
Tree finish_tree(const GrownTree& grown, std::span<const RankMap> maps, double weight_unit);

}  // namespace thrum::forest
