#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "thrum/data/schema.h"
#include "thrum/model/tree/tree.h"

namespace thrum {

/// One question on the way of a row.
struct PathStep {
  std::size_t node = 0;
  bool went_left = false;
};

struct DecisionPath {
  std::vector<PathStep> steps = {};
  std::size_t leaf = 0;
};

/// Whether the row (see Schema) goes left.
bool goes_left(const TreeNode& node, const Tree& tree, const TreeEnsemble& ensemble, const Schema& schema,
               std::span<const double> row);

/// The way of a row through tree `index`.
DecisionPath decision_path(const TreeEnsemble& ensemble, std::size_t index, const Schema& schema,
                           std::span<const double> row);

}  // namespace thrum
