#include "thrum/learn/tree/refit_internal.h"

#include "thrum/learn/tree/raw_margins_internal.h"
#include "thrum/learn/tree/tree_values_internal.h"

namespace thrum {
namespace {

/// The rows of a fit as they pass through the trees one after the other.
class Refit {
 public:
  explicit Refit(const Boosting::Input& in)
      : in_(in),
        n_rows_(in.dataset.n_rows()),
        n_margins_(in.objective.n_margins()),
        margins_(n_margins_ * n_rows_),
        g_(n_margins_ * n_rows_),
        h_(n_margins_ * n_rows_),
        leaf_of_(n_rows_) {
    for (std::size_t i = 0; i < margins_.size(); ++i) margins_[i] = in.start.base[i / n_rows_];
  }

  Boosting::Outcome run() {
    Boosting::Outcome outcome{.ensemble = in_.start, .rounds = 0, .stopped_by = "all leaves have new values"};
    std::vector<Tree>& trees = outcome.ensemble.trees;
    for (std::size_t t = 0; t < trees.size(); ++t) {
      in_.execution.check_stop("gbdt");
      if (t % n_margins_ == 0) {
        in_.differentiate(margins(), {g_.data(), n_margins_, n_rows_}, {h_.data(), n_margins_, n_rows_});
      }
      renew(trees[t], t % n_margins_);
      in_.execution.report({"refit", t + 1, trees.size()});
    }
    outcome.rounds = trees.size() / n_margins_;
    outcome.mean_loss = in_.mean_loss(margins());
    return outcome;
  }

 private:
  MatrixView<const double> margins() const { return {margins_.data(), n_margins_, n_rows_}; }

  void renew(Tree& tree, std::size_t k) {
    find_leaves(tree);
    const std::span<const float> g = std::span(g_).subspan(k * n_rows_, n_rows_);
    const std::span<const float> h = std::span(h_).subspan(k * n_rows_, n_rows_);
    const auto sums =
        sum_leaves(tree.n_leaves(), leaf_of_, {g, h, in_.weights.values, in_.weights.all_ones}, in_.execution);
    const SplitRules rules{.reg_alpha = in_.options.reg_alpha,
                           .reg_lambda = in_.options.reg_lambda,
                           .max_delta_step = in_.options.max_delta_step};
    const double decay = in_.options.refit_decay_rate;
    for (std::size_t l = 0; l < sums.size(); ++l) {
      if (!(sums[l].h > 0)) continue;
      const double fresh = in_.options.learning_rate * leaf_value(sums[l].g, sums[l].h, rules);
      tree.leaf_values[l] = decay * tree.leaf_values[l] + (1 - decay) * fresh;
    }
    for (std::size_t i = 0; i < n_rows_; ++i) margins_[k * n_rows_ + i] += tree.leaf_values[leaf_of_[i]];
  }

  void find_leaves(const Tree& tree) {
    constexpr std::size_t chunk = 256;
    parallel_for(*in_.execution.arena, n_rows_, chunk, [&](std::size_t begin, std::size_t end) {
      const std::size_t n_features = in_.dataset.reader().n_features();
      std::vector<double> values((end - begin) * n_features);
      const MatrixView<double> block(values.data(), end - begin, n_features);
      in_.dataset.reader().read(in_.dataset.first_row() + begin, block);
      for (std::size_t i = begin; i < end; ++i) {
        leaf_of_[i] = static_cast<std::uint16_t>(raw_leaf(tree, block.row(i - begin), in_.dataset.schema()));
      }
    });
  }

  const Boosting::Input& in_;
  std::size_t n_rows_;
  std::size_t n_margins_;
  std::vector<double> margins_;
  std::vector<float> g_;
  std::vector<float> h_;
  std::vector<std::uint16_t> leaf_of_;
};

}  // namespace

Boosting::Outcome refit_leaves(const Boosting::Input& in) {
  return Refit(in).run();
}

}  // namespace thrum
