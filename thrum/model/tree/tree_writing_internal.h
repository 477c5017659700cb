#pragma once

#include <cstddef>
#include <string>

#include "thrum/model/tree/tree_model.h"

namespace thrum {

/// Throws invalid_argument where the model has no such tree.
const Tree& checked_tree(const TreeModel& model, std::size_t index);

/// "tree 3 of 500, for class b: 31 leaves"
std::string tree_title(const TreeModel& model, std::size_t index);

}  // namespace thrum
