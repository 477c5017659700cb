#pragma once

#include "thrum/learn/tree/forest/growth_internal.h"
#include "thrum/model/tree/tree.h"

namespace thrum::forest {

/// The tree in terms of values, nodes and leaves numbered from the left, parents first. `weight_unit` as ForestRows has
/// it.
Tree finish_tree(const GrownTree& grown, const GrowthTable& table, double weight_unit);

}  // namespace thrum::forest
