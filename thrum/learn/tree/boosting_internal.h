#pragma once

#include <memory>
#include <span>
#include <vector>

#include "thrum/learn/learner.h"
#include "thrum/learn/linear/zeroed_array_internal.h"
#include "thrum/learn/tree/gbdt.h"
#include "thrum/learn/tree/tree_grower_internal.h"

namespace thrum {

/// What the rows of a fit weigh.
struct BoostingWeights {
  bool all_ones = true;             ///< on all ranks; then `values` is empty
  std::vector<double> values = {};  ///< of this rank
  std::size_t n_rows = 0;           ///< that count, of all ranks
  std::vector<double> means = {};   ///< the weighted mean of y, or the weighted share of each class
};

/// One fit: a row of trees, each of which lowers what those before it have left.
class Boosting {
 public:
  /// All of it outlives the fit.
  struct Input {
    const Dataset& dataset;
    const FitSpec& spec;
    const GbdtOptions& options;
    const Objective& objective;
    const BinnedTable& table;
    const BoostingWeights& weights;
    const Execution& execution;
  };
  explicit Boosting(const Input& input);

  /// Collective. Throws cancelled.
  TreeEnsemble run();
  /// The mean loss of the training rows. Collective.
  double mean_loss() const;

 private:
  struct Maxima {
    double g = 0;
    double h = 0;
  };
  ObjectiveRows rows(std::size_t begin, std::size_t end) const;
  std::span<float> gradients(std::size_t k);
  std::span<float> hessians(std::size_t k);
  std::span<double> margins(std::size_t k);
  std::vector<Maxima> differentiate();
  Tree grow(std::size_t k, std::size_t index, const Maxima& maxima);
  std::size_t choose_rows(std::size_t k, const GradientRounding& rounding);

  const Input in_;
  const std::size_t n_rows_;
  const std::size_t n_margins_;
  std::vector<double> base_;
  ZeroedArray<double> margins_;  ///< (n_margins, n_rows)
  ZeroedArray<float> g_;
  ZeroedArray<float> h_;
  ZeroedArray<std::uint16_t> leaf_of_;
  TreeGrower grower_;
};

}  // namespace thrum
