#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "thrum/data/schema.h"
#include "thrum/learn/tree/tree_grower_internal.h"
#include "thrum/model/tree/tree.h"

namespace thrum {

/// The leaf of a row that is in none.
inline constexpr std::uint16_t no_leaf = 0xffff;

/// leaf_of[row] = its leaf, for the rows in the leaves of `tree`.
void write_leaves(const GrownTree& tree, std::span<std::uint16_t> leaf_of, const Execution& execution);

/// Sums over the rows of a leaf, before rounding.
struct LeafSums {
  double g = 0;
  double h = 0;
  double weight = 0;
};
/// What is summed, one per row of this rank.
struct LeafTerms {
  std::span<const float> g;
  std::span<const float> h;
  std::span<const double> weights;
  bool all_ones;  ///< the weights, on all ranks: they are left out then
};
/// Of each of `n_leaves` leaves, over all ranks (collective).
std::vector<LeafSums> sum_leaves(std::size_t n_leaves, std::span<const std::uint16_t> leaf_of, const LeafTerms& terms,
                                 const Execution& execution);

/// As the model keeps it: the splits of bins as thresholds of raw values and sets of categories.
Tree raw_tree(const GrownTree& tree, std::span<const BinnedFeature> features, const Schema& schema,
              std::vector<double> leaf_values, std::vector<double> leaf_weights);

}  // namespace thrum
