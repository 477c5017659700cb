#pragma once

#include "thrum/learn/tree/forest/grown_tree_internal.h"

namespace thrum::forest {

/// Minimal cost-complexity pruning (Breiman et al. 1984, chapter 3): makes leaves of the nodes below which a leaf
/// lowers the loss, divided by `total_weight`, by no more than `alpha`, the weakest first. REQUIRES: every node has its
/// loss and its value.
void prune(GrownTree& tree, double alpha, double total_weight);

}  // namespace thrum::forest
