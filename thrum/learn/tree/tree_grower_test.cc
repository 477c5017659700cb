#include "thrum/learn/tree/tree_grower_internal.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <vector>

#include "thrum/core/random.h"
#include "thrum/data/table.h"

namespace thrum {
namespace {

/// Numbers, the first with missing values, and gradients that depend on them.
struct Rows {
  Dataset dataset;
  std::vector<float> g;
  std::vector<float> h;

  explicit Rows(std::size_t n, std::size_t n_columns = 6) : dataset(table(n, n_columns), options()), g(n), h(n) {
    const Random random(4);
    for (std::size_t i = 0; i < n; ++i) {
      std::vector<double> x(n_columns);
      dataset.reader().read(i, {x.data(), 1, n_columns});
      const double signal = (x[1] > 0.3 ? 1.0 : -0.5) + (std::isnan(x[0]) ? 0.7 : x[0]) * x[2];
      g[i] = static_cast<float>(signal + random.normal(i));
      h[i] = static_cast<float>(0.1 + random.uniform(i + n));
    }
  }

  static std::shared_ptr<const Table> table(std::size_t n, std::size_t n_columns) {
    const Random random(2);
    std::vector<Column> columns;
    for (std::size_t j = 0; j < n_columns; ++j) {
      std::vector<double> values(n);
      for (std::size_t i = 0; i < n; ++i) {
        values[i] = j == 0 && i % 7 == 0 ? std::nan("") : random.uniform(i * n_columns + j);
      }
      columns.push_back(Column::float64("x" + std::to_string(j), std::move(values)));
    }
    columns.push_back(Column::float64("y", std::vector<double>(n, 1)));
    return std::make_shared<const Table>(std::move(columns));
  }
  static Dataset::Options options() {
    Dataset::Options options;
    options.target = "y";
    options.task = Task::regression;
    return options;
  }
};

/// A tree as numbers, to compare.
std::vector<double> flat(const GrownTree& tree) {
  std::vector<double> numbers;
  for (const GrownTree::Node& node : tree.nodes) {
    numbers.insert(numbers.end(), {static_cast<double>(node.left), static_cast<double>(node.right),
                                   static_cast<double>(node.split.feature),
                                   static_cast<double>(node.split.last_left_bin), node.split.gain});
  }
  for (const GrownTree::Leaf& leaf : tree.leaves) {
    numbers.push_back(static_cast<double>(leaf.sums.n_rows));
    numbers.push_back(static_cast<double>(std::accumulate(leaf.rows.begin(), leaf.rows.end(), std::uint64_t{0})));
  }
  return numbers;
}

class TreeGrowerTest : public testing::Test {
 protected:
  GrownTree grow(const GrowthLimits& limits, const SplitRules& rules = {.min_child_samples = 5}) {
    const std::size_t n = rows.dataset.n_rows();
    grid = GradientGrid::of(10, 2, n);
    std::iota(grower.rows().begin(), grower.rows().end(), 0u);
    round_gradients({grid, 1, 0}, rows.g, rows.h, grower.gradients());
    return grower.grow(n, grid, rules, limits, FixedFeatures(std::vector<std::uint8_t>(table.features().size(), 1)));
  }

  Rows rows{40000};
  LocalExecution execution{3};
  BinnedTable table = BinnedTable::build(rows.dataset, {}, {}, execution);
  TreeGrower grower{table, execution};
  GradientGrid grid;
};

TEST_F(TreeGrowerTest, GrowsTheSameTreeHoweverManyLeavesItSplitsAtOnce) {
  for (const bool depth_first : {false, true}) {
    const auto expected = flat(grow({.max_leaves = 40, .depth_first = depth_first, .ahead = 1}));
    EXPECT_EQ(flat(grow({.max_leaves = 40, .depth_first = depth_first, .ahead = 3})), expected);
    EXPECT_EQ(flat(grow({.max_leaves = 40, .depth_first = depth_first, .ahead = 100})), expected);
    EXPECT_EQ(flat(grow({.max_leaves = 40, .depth_first = depth_first})), expected);
  }
}

TEST_F(TreeGrowerTest, PutsEveryRowIntoTheLeafThatItsBinsLeadTo) {
  const GrownTree tree = grow({.max_leaves = 50});
  ASSERT_EQ(tree.leaves.size(), 50u);
  ASSERT_EQ(tree.nodes.size(), 49u);
  std::size_t n_rows = 0;
  for (std::size_t leaf = 0; leaf < tree.leaves.size(); ++leaf) {
    GradientSum sum = 0;
    for (const std::uint32_t row : tree.leaves[leaf].rows) {
      std::int32_t at = 0;
      while (at >= 0) {
        const GrownTree::Node& node = tree.nodes[static_cast<std::size_t>(at)];
        const BinnedFeature& feature = table.features()[node.split.feature];
        const std::uint8_t byte = table.column(feature.column)[row * BinnedTable::tile_width];
        at = goes_left(node.split, feature)[byte] != 0 ? node.left : node.right;
      }
      ASSERT_EQ(at, ~static_cast<std::int32_t>(leaf));
      RowGradient gradient = 0;
      round_gradients({grid, 1, row}, {&rows.g[row], 1}, {&rows.h[row], 1}, {&gradient, 1});
      sum += widen(gradient);
    }
    EXPECT_EQ(sum, tree.leaves[leaf].sums.sum);
    EXPECT_EQ(tree.leaves[leaf].rows.size(), tree.leaves[leaf].sums.n_rows);
    n_rows += tree.leaves[leaf].rows.size();
  }
  EXPECT_EQ(n_rows, rows.dataset.n_rows());
}

TEST_F(TreeGrowerTest, TakesTheLeafWithTheLargestGainFirst) {
  const GrownTree tree = grow({.max_leaves = 50});
  for (std::size_t i = 1; i < tree.nodes.size(); ++i) {
    // A node that was there when node i - 1 was taken had no larger gain.
    const auto before = static_cast<std::int32_t>(i) - 1;
    const bool is_child = tree.nodes[i - 1].left == before + 1 || tree.nodes[i - 1].right == before + 1;
    if (is_child) continue;
    EXPECT_LE(tree.nodes[i].split.gain, tree.nodes[i - 1].split.gain);
  }
}

TEST_F(TreeGrowerTest, StopsAtTheDepth) {
  const GrownTree tree = grow({.max_leaves = 1000, .max_depth = 3});
  EXPECT_EQ(tree.leaves.size(), 8u);
  EXPECT_EQ(tree.nodes.size(), 7u);
}

TEST_F(TreeGrowerTest, FillsADepthBeforeTheNext) {
  const GrownTree tree = grow({.max_leaves = 8, .depth_first = true});
  ASSERT_EQ(tree.nodes.size(), 7u);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_GE(tree.nodes[i].left, 0);
    EXPECT_GE(tree.nodes[i].right, 0);
  }
}

TEST_F(TreeGrowerTest, LeavesTheRootWholeWhereNothingIsGained) {
  const GrownTree tree = grow({.max_leaves = 31}, {.min_split_gain = 1e9});
  EXPECT_TRUE(tree.nodes.empty());
  ASSERT_EQ(tree.leaves.size(), 1u);
  EXPECT_EQ(tree.leaves[0].rows.size(), rows.dataset.n_rows());
}

}  // namespace
}  // namespace thrum
