#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "thrum/core/random.h"
#include "thrum/core/view.h"
#include "thrum/data/schema.h"
#include "thrum/model/tree/tree.h"

namespace thrum::forest {

/// How many questions a binary search tree of n rows asks on average of one that it does not hold (Liu et al. 2008,
/// equation 1, with n - 1 for n in the first term, as scikit-learn has it).
double average_path_length(std::size_t n);

/// What an isolation tree grows on.
struct IsolationRows {
  std::span<const Feature> features = {};
  MatrixView<const double> values = {nullptr, 0, 0};  ///< (n_rows, n_features), finite or NaN
};

/// A tree whose questions are drawn: a feature that varies in the node, and a threshold between its lowest and its
/// highest value there, or a set of its categories. Its leaves hold how many questions a row was asked, and, where they
/// end at `max_depth`, how many more it would be on average. `sample`: rows, in any order. `n_features`: how many of
/// the features the tree draws to ask about.
Tree grow_isolation_tree(const IsolationRows& rows, std::vector<std::uint32_t> sample, std::size_t n_features,
                         std::size_t max_depth, const Random& random);

}  // namespace thrum::forest
