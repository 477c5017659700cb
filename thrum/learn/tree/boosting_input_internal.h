#pragma once

#include <cstddef>
#include <vector>

#include "thrum/core/view.h"
#include "thrum/data/binned_table.h"
#include "thrum/learn/learner.h"
#include "thrum/learn/tree/gbdt.h"
#include "thrum/learn/tree/objective.h"
#include "thrum/model/tree/tree.h"

namespace thrum {

/// What the rows of a fit weigh.
struct BoostingWeights {
  bool all_ones = true;             ///< on all ranks; then `values` is empty
  std::vector<double> values = {};  ///< of this rank
  std::size_t n_rows = 0;           ///< that count, of all ranks
};

/// What trees are grown or given new values by. All of it outlives the fit. Margins and their derivatives are
/// (n_margins, n_rows), of the rows of this rank.
struct BoostingInput {
  const Dataset& dataset;
  const FitSpec& spec;
  const GbdtOptions& options;
  const Objective& objective;
  const BinnedTable& table;
  const BoostingWeights& weights;
  const TreeEnsemble& start;  ///< the trees that these follow; without trees: the base
  const Execution& execution;

  /// The rows [begin, end).
  ObjectiveRows rows(MatrixView<const double> margins, std::size_t begin, std::size_t end) const;

  /// Of all rows of this rank. Throws cancelled.
  void differentiate(MatrixView<const double> margins, MatrixView<float> g, MatrixView<float> h) const;

  /// Of all ranks. Collective.
  double mean_loss(MatrixView<const double> margins) const;
};

}  // namespace thrum
