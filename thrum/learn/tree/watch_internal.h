#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "thrum/learn/learner.h"
#include "thrum/learn/tree/gbdt.h"
#include "thrum/learn/tree/query_rows_internal.h"
#include "thrum/learn/tree/tree_router_internal.h"

namespace thrum {

/// The rows held out that tell when to stop. All of it is collective.
class Watch {
 public:
  /// `start`: what the margins begin with, of its own trees too. `table`: the one that trees are grown on.
  Watch(const FitSpec& spec, const GbdtOptions& options, const Objective& objective, const BinnedTable& table,
        const TreeEnsemble& start, const Execution& execution);

  /// A tree of margin k joins.
  void add(const TreeRouter& router, std::span<const double> leaf_values, std::size_t k);

  /// Round `round` (from 1) is over. True where it is time to stop.
  bool is_over(std::size_t round);
  std::size_t best_round() const { return best_round_; }  ///< 0: the start was best
  double score() const { return score_; }                 ///< of the last round

 private:
  double measure() const;
  double mean(double (*term)(const Watch& watch, std::size_t i)) const;
  double mean_loss() const;
  double area() const;
  static double misplaced(const Watch& watch, std::size_t i);

  const Dataset& dataset_;
  const GbdtOptions& options_;
  const Objective& objective_;
  const Execution& execution_;
  BinnedTable table_;
  std::vector<double> weights_;
  std::optional<QueryRows> queries_;  ///< of a ranking
  std::size_t n_margins_;
  std::vector<double> margins_;  ///< (n_margins, n_rows)
  std::size_t best_round_ = 0;
  double best_ = 0;
  double score_ = 0;
};

}  // namespace thrum
