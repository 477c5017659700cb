// Against the definition of Shapley values, by all subsets of features.
#include "thrum/model/tree/tree_explainer.h"
#include "thrum/core/refusal_test.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <hwy/targets.h>

#include <bit>

#include "thrum/model/model_fixture_test.h"
#include "thrum/model/tree/explaining_trees_internal.h"
#include "thrum/model/tree/leaf_game_internal.h"
#include "thrum/model/tree/tree_fixture_test.h"
#include "thrum/model/tree/tree_path.h"

namespace thrum {
namespace {

using model_test::random_ensemble;
using model_test::RandomTrees;
using model_test::tree_model;
using model_test::tree_schema;

/// A random ensemble, some rows, and what the definition says about them.
class Game {
 public:
  Game(Schema schema, TreeEnsemble ensemble)
      : schema_(std::move(schema)),
        ensemble_(std::move(ensemble)),
        rows_(model_test::random_rows(schema_, 70, 11)),
        explainer_(ensemble_, schema_) {}

  std::size_t n_features() const { return schema_.features.size(); }
  std::size_t n_rows() const { return rows_.size() / n_features(); }
  std::span<const double> row(std::size_t i) const { return std::span(rows_).subspan(i * n_features(), n_features()); }
  const TreeExplainer& explainer() const { return explainer_; }
  std::size_t n_margins() const { return ensemble_.n_margins(); }
  std::vector<double> margins(std::size_t i) const { return model_test::plain_margins(ensemble_, schema_, row(i)); }

  /// (n_rows, n_margins, n_features + 1)
  std::vector<double> contributions() const {
    std::vector<double> values(n_rows() * n_margins() * (n_features() + 1));
    explainer_.contributions({rows_.data(), n_rows(), n_features()},
                             {values.data(), n_rows(), values.size() / n_rows()});
    return values;
  }
  std::vector<double> interactions() const {
    std::vector<double> values(n_rows() * n_margins() * n_features() * n_features());
    explainer_.interactions({rows_.data(), n_rows(), n_features()},
                            {values.data(), n_rows(), values.size() / n_rows()});
    return values;
  }

  /// Margin k of a row of which only the features in `known` (a bit each) are known.
  double value(std::size_t i, std::size_t k, std::uint64_t known) const {
    double sum = 0;
    for (std::size_t t = 0; t < ensemble_.trees.size(); ++t) {
      if (ensemble_.leaf_width == 1 && t % ensemble_.n_margins() != k) continue;
      sum += below(ensemble_.trees[t], 0, i, ensemble_.leaf_width == 1 ? 0 : k, known);
    }
    return ensemble_.base[k] + ensemble_.scale * sum;
  }

 private:
  double below(const Tree& tree, std::int32_t at, std::size_t i, std::size_t k, std::uint64_t known) const {
    if (at < 0) return tree.leaf_values[~static_cast<std::size_t>(at) * ensemble_.leaf_width + k];
    const TreeNode& node = tree.nodes[static_cast<std::size_t>(at)];
    if ((known >> node.feature & 1) != 0) {
      return below(tree, goes_left(node, tree, ensemble_, schema_, row(i)) ? node.left : node.right, i, k, known);
    }
    const auto weight = [&](std::int32_t child) {
      return child < 0 ? tree.leaf_weights[~static_cast<std::size_t>(child)]
                       : tree.nodes[static_cast<std::size_t>(child)].weight;
    };
    return (weight(node.left) * below(tree, node.left, i, k, known) +
            weight(node.right) * below(tree, node.right, i, k, known)) /
           node.weight;
  }

  Schema schema_;
  TreeEnsemble ensemble_;
  std::vector<double> rows_;
  TreeExplainer explainer_;
};

double factorial(std::size_t n) {
  return std::tgamma(static_cast<double>(n) + 1);
}

/// The Shapley value of feature j.
double by_definition(const Game& game, std::size_t i, std::size_t k, std::size_t j) {
  const std::size_t n = game.n_features();
  double sum = 0;
  for (std::uint64_t known = 0; known < std::uint64_t{1} << n; ++known) {
    if ((known >> j & 1) != 0) continue;
    const auto size = static_cast<std::size_t>(std::popcount(known));
    const double weight = factorial(size) * factorial(n - size - 1) / factorial(n);
    sum += weight * (game.value(i, k, known | std::uint64_t{1} << j) - game.value(i, k, known));
  }
  return sum;
}

/// Half of the Shapley interaction of features j and l.
double by_definition(const Game& game, std::size_t i, std::size_t j, std::size_t l, std::size_t k) {
  const std::size_t n = game.n_features();
  const std::uint64_t both[] = {std::uint64_t{1} << j, std::uint64_t{1} << l};
  double sum = 0;
  for (std::uint64_t known = 0; known < std::uint64_t{1} << n; ++known) {
    if ((known & (both[0] | both[1])) != 0) continue;
    const auto size = static_cast<std::size_t>(std::popcount(known));
    const double weight = factorial(size) * factorial(n - size - 2) / (2 * factorial(n - 1));
    sum += weight * (game.value(i, k, known | both[0] | both[1]) - game.value(i, k, known | both[0]) -
                     game.value(i, k, known | both[1]) + game.value(i, k, known));
  }
  return sum;
}

Game small_game() {
  Schema schema = tree_schema(3, {4}, 0);
  auto ensemble =
      random_ensemble(schema, {.n_trees = 4, .n_leaves = 12, .whole_thresholds = true, .missing_both_ways = true});
  ensemble.scale = 0.5;
  return {std::move(schema), std::move(ensemble)};
}

TEST(TreeExplainer, GivesShapleyValues) {
  const Game game = small_game();
  const auto values = game.contributions();
  for (std::size_t i = 0; i < 20; ++i) {
    for (std::size_t j = 0; j < 4; ++j) EXPECT_NEAR(values[5 * i + j], by_definition(game, i, 0, j), 1e-12);
  }
  EXPECT_NEAR(game.explainer().expected()[0], game.value(0, 0, 0), 1e-12);
  EXPECT_EQ(values[4], game.explainer().expected()[0]);
}

TEST(TreeExplainer, GivesShapleyInteractions) {
  const Game game = small_game();
  const auto values = game.interactions();
  const auto contributions = game.contributions();
  for (std::size_t i = 0; i < 20; ++i) {
    for (std::size_t j = 0; j < 4; ++j) {
      double sum = 0;
      for (std::size_t l = 0; l < 4; ++l) {
        sum += values[16 * i + 4 * j + l];
        if (l == j) continue;
        EXPECT_NEAR(values[16 * i + 4 * j + l], by_definition(game, i, j, l, 0), 1e-12);
      }
      EXPECT_NEAR(sum, contributions[5 * i + j], 1e-12);
    }
  }
}

/// Expected margins and contributions add up to the margins, for every row.
void expect_to_add_up(const Game& game) {
  const auto values = game.contributions();
  const std::size_t width = game.n_features() + 1;
  const std::size_t n_margins = game.n_margins();
  for (std::size_t i = 0; i < game.n_rows(); ++i) {
    const auto margins = game.margins(i);
    for (std::size_t k = 0; k < n_margins; ++k) {
      double sum = 0;
      for (std::size_t j = 0; j < width; ++j) sum += values[(i * n_margins + k) * width + j];
      EXPECT_NEAR(sum, margins[k], 1e-6) << "row " << i;
    }
  }
}

TEST(TreeExplainer, AddsUpToTheMargins) {
  for (const std::size_t n_leaves : {1, 2, 31, 300}) {
    Schema schema = tree_schema(20, {5}, 0);
    auto ensemble = random_ensemble(schema, {.n_trees = 20, .n_leaves = n_leaves, .missing_both_ways = true});
    expect_to_add_up({std::move(schema), std::move(ensemble)});
  }
}

TEST(TreeExplainer, ExplainsEveryClass) {
  const Schema schema = tree_schema(3, {}, 3);
  const RandomTrees boosted = {.n_trees = 7, .n_leaves = 9, .n_margins = 3, .link = Link::softmax};
  const RandomTrees forest = {.n_trees = 7, .n_leaves = 9, .leaf_width = 3, .n_margins = 3, .link = Link::clip};
  for (const RandomTrees& wish : {boosted, forest}) {
    const Game game(schema, random_ensemble(schema, wish));
    expect_to_add_up(game);
    const auto values = game.contributions();
    for (std::size_t k = 0; k < 3; ++k) EXPECT_NEAR(values[4 * k + 1], by_definition(game, 0, k, 1), 1e-12);
  }
}

TEST(TreeExplainer, CountsBothWaysAlikeWhereNoRowCame) {
  Schema schema = tree_schema(2, {}, 0);
  auto ensemble = random_ensemble(schema, {.n_trees = 3, .n_leaves = 5});
  for (Tree& tree : ensemble.trees) {
    for (TreeNode& node : tree.nodes) node.weight = 0;
    std::ranges::fill(tree.leaf_weights, 0.0);
  }
  expect_to_add_up({std::move(schema), std::move(ensemble)});
}

TEST(TreeExplainer, ExplainsARowAloneAsInAnyBatch) {
  const Game game = small_game();
  const auto all = game.contributions();
  for (const std::size_t i : {0, 15, 16, 63, 64, 69}) {
    std::vector<double> alone(5);
    game.explainer().contributions({game.row(i).data(), 1, 4}, {alone.data(), 1, 5});
    for (std::size_t j = 0; j < 5; ++j) EXPECT_EQ(alone[j], all[5 * i + j]);
  }
}

TEST(TreeExplainer, GivesTheSameBitsAtEveryLevelOfSimd) {
  const Game game = small_game();
  const auto expected = game.contributions();
  for (const std::int64_t target : hwy::SupportedAndGeneratedTargets()) {
    hwy::SetSupportedTargetsForTest(target);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
    EXPECT_EQ(game.contributions(), expected) << hwy::TargetName(target);
  }
  hwy::SetSupportedTargetsForTest(0);
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
}

TEST(TreeExplainer, IsInThePredictorThatWasCompiledToExplain) {
  const Schema schema = tree_schema(2, {}, 0);
  const auto ensemble = random_ensemble(schema, {.n_trees = 3});
  const auto model = tree_model("gbdt", schema, ensemble);
  const std::vector<double> rows = {-1, 1, 0.5, 2};
  std::vector<double> expected(6);
  TreeExplainer(ensemble, schema).contributions({rows.data(), 2, 2}, {expected.data(), 2, 3});
  const Table table({Column::float64("n1", {1, 2}), Column::float64("n0", {-1, 0.5})});
  EXPECT_EQ(explain(model, table, LocalExecution(2)), expected);

  const auto image = model.compile_to_explain();
  const auto predictor = open_predictor(image);
  ASSERT_EQ(predictor->n_margins(), 1u);
  std::vector<double> contributions(6);
  predictor->explain({rows.data(), 2, 2}, {contributions.data(), 2, 3});
  EXPECT_EQ(contributions, expected);
  std::vector<double> outputs(2);
  predictor->predict({rows.data(), 2, 2}, {outputs.data(), 2, 1});
  EXPECT_EQ(outputs, predict(model, table, LocalExecution(1)));
}

TEST(TreeExplainer, NeedsTheRightImage) {
  const Schema schema = tree_schema(2, {}, 0);
  const auto ensemble = random_ensemble(schema, {.n_trees = 3});
  const auto other = tree_model("gbdt", tree_schema(3, {}, 0), ensemble).compile();
  const auto image = compile_explaining_trees(ensemble, schema, other);
  EXPECT_EQ(test::refusal([&] { open_predictor(image); }, ErrorCode::corrupt_data),
            "[predictor] explains other features than it predicts from");
  const auto plain = tree_model("gbdt", schema, ensemble).compile();
  EXPECT_EQ(open_predictor(plain)->n_margins(), 0u);
}

TEST(GaussLegendre, IntegratesPolynomialsExactly) {
  for (std::size_t n = 1; n <= 40; ++n) {
    const auto quadrature = leaf_game::gauss_legendre(n);
    for (std::size_t degree = 0; degree < 2 * n; ++degree) {
      double sum = 0;
      for (std::size_t q = 0; q < n; ++q) {
        sum += quadrature.weights[q] * std::pow(quadrature.points[q], static_cast<double>(degree));
      }
      EXPECT_NEAR(sum, 1 / static_cast<double>(degree + 1), 1e-14) << n << " points, degree " << degree;
    }
  }
}

}  // namespace
}  // namespace thrum
