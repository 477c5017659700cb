#pragma once

#include <cstddef>
#include <vector>

#include "thrum/model/tree/tree.h"

namespace thrum {

/// How much the trees use a feature.
struct TreeImportance {
  double gain = 0;           ///< by how much its splits lowered the training loss, together
  std::size_t n_splits = 0;  ///< questions about it
};

/// Per feature of the schema.
std::vector<TreeImportance> tree_importances(const TreeEnsemble& ensemble, std::size_t n_features);

/// The questions from the root to the lowest leaf, per node and per leaf: those of the nodes first.
std::vector<std::size_t> tree_depths(const Tree& tree);

}  // namespace thrum
