#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "thrum/core/view.h"
#include "thrum/data/schema.h"
#include "thrum/model/tree/tree.h"

namespace thrum {

namespace leaf_game {
struct Quadrature;
}

/// Says what each feature adds to the margins of a row by TreeSHAP (Lundberg et al., "From local explanations to global
/// understanding with explainable AI for trees", 2020): exact Shapley values of the game where a feature that is not
/// known takes both ways of its nodes, each with the share of the training rows that took it. Thread-safe.
class TreeExplainer {
 public:
  /// REQUIRES: the ensemble is well-formed and fits the schema.
  TreeExplainer(TreeEnsemble ensemble, Schema schema);
  ~TreeExplainer();

  /// The margins of a row of which nothing is known: (n_margins).
  std::span<const double> expected() const noexcept { return expected_; }

  /// rows: (n, n_features) as Schema describes; contributions: (n, n_margins * (n_features + 1)), for each margin the
  /// features in their order and then what is expected; together they are the margin. A row's values do not depend on
  /// the other rows.
  void contributions(MatrixView<const double> rows, MatrixView<double> contributions) const;

  /// interactions: (n, n_margins * n_features * n_features). Those of features i and j and of j and i are equal; row i
  /// of them adds up to the contribution of feature i.
  void interactions(MatrixView<const double> rows, MatrixView<double> interactions) const;

 private:
  template <class Use>
  void for_each_margin(std::size_t tree, std::size_t leaf, Use use) const;
  std::vector<std::uint64_t> left_rows(const Tree& tree, MatrixView<const double> rows) const;
  const leaf_game::Quadrature& quadrature(std::size_t n_players) const;
  /// (n_margins * n_features, block_rows)
  std::vector<double> explain_block(MatrixView<const double> rows) const;
  void relate_block(MatrixView<const double> rows, MatrixView<double> out) const;
  void add_main_effects(MatrixView<const double> rows, MatrixView<double> out) const;

  TreeEnsemble ensemble_;
  Schema schema_;
  std::vector<double> expected_;
  std::vector<leaf_game::Quadrature> quadratures_;  ///< by the number of points
};

}  // namespace thrum
