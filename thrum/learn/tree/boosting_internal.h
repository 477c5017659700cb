#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "thrum/learn/linear/zeroed_array_internal.h"
#include "thrum/learn/tree/boosting_input_internal.h"
#include "thrum/learn/tree/feature_chooser_internal.h"
#include "thrum/learn/tree/query_rows_internal.h"
#include "thrum/learn/tree/row_sampler_internal.h"
#include "thrum/learn/tree/tree_grower_internal.h"
#include "thrum/learn/tree/watch_internal.h"

namespace thrum {

/// One fit: rounds of one tree per margin, each of which lowers what those before have left.
class Boosting {
 public:
  using Input = BoostingInput;
  struct Outcome {
    TreeEnsemble ensemble;
    std::size_t rounds = 0;  ///< that were kept
    std::string stopped_by;
    double mean_loss = 0;  ///< of the training rows
  };
  explicit Boosting(const Input& input);

  /// Collective. Throws cancelled; invalid_argument where the numbers are too large.
  Outcome run();

 private:
  /// What the gradients of one margin are like.
  struct Magnitude {
    double g = 0;  ///< beyond which a gradient counts as one of this size in histograms
    double h = 0;
  };
  /// A tree on its way into the ensemble, whose values may still change.
  struct Member {
    GrownTree grown;  ///< without rows
    std::vector<double> values;
    std::vector<double> weights;
  };

  std::span<float> gradients(std::size_t k) { return g_.values().subspan(k * n_rows_, n_rows_); }
  std::span<float> hessians(std::size_t k) { return h_.values().subspan(k * n_rows_, n_rows_); }
  MatrixView<const double> margins() const { return {margins_.data(), n_margins_, n_rows_}; }
  std::span<double> margins(std::size_t k) { return margins_.values().subspan(k * n_rows_, n_rows_); }
  bool is_dart() const { return in_.options.boosting == "dart"; }

  void differentiate();
  std::vector<Magnitude> measure() const;
  void run_round(std::size_t round);
  void grow(std::size_t k, std::size_t index, const Magnitude& magnitude);
  std::size_t choose_rows(std::size_t k, const GradientRounding& rounding);
  Member valued(GrownTree grown, std::size_t k);
  void renew_by_quantile(Member& member, double level, std::size_t k);
  void add(const Member& member, std::size_t k);
  void add_routed(const Member& member, double factor, std::size_t k);
  std::vector<std::size_t> drop(std::size_t round);
  void put_back(std::span<const std::size_t> dropped, std::size_t round);
  void keep_rounds(std::size_t n);
  double mean_loss() const;

  const Input in_;
  const std::size_t n_rows_;
  const std::size_t n_margins_;
  SplitRules rules_;
  FeatureChooser features_;
  RowSampler sampler_;
  ZeroedArray<double> margins_;  ///< (n_margins, n_rows)
  ZeroedArray<float> g_;
  ZeroedArray<float> h_;
  ZeroedArray<std::uint16_t> leaf_of_;
  TreeGrower grower_;
  std::optional<QueryRows> queries_;  ///< of a ranking
  std::optional<Watch> watch_;
  std::vector<Member> members_;
};

}  // namespace thrum
