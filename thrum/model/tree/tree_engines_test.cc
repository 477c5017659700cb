// Every engine gives the bits of the definition: for any row, in any batch, at any level of SIMD.
#include <gtest/gtest.h>

// As in byte_group_kernel.cc, before Highway's headers.
#define HWY_WANT_AVX3_DL
#include <hwy/targets.h>

#include <cstdint>
#include <string>
#include <vector>

#include "thrum/model/tree/byte_trees_internal.h"
#include "thrum/model/tree/deep_trees_internal.h"
#include "thrum/model/tree/general_trees_internal.h"
#include "thrum/model/tree/tree_fixture_test.h"

namespace thrum {
namespace {

using model_test::random_ensemble;
using model_test::RandomTrees;
using model_test::tree_schema;

struct Engine {
  const char* name;
  std::vector<std::byte> (*compile)(const TreeEnsemble&, const Schema&);
  bool (*fits)(const TreeEnsemble&, const Schema&);
};

const Engine engines[] = {
    {"General", &compile_general_trees, [](const TreeEnsemble&, const Schema&) { return true; }},
    {"Byte", &compile_byte_trees, &fits_byte_trees},
    {"Deep", &compile_deep_trees,
     [](const TreeEnsemble& e, const Schema& s) { return !compile_deep_trees(e, s).empty(); }},
};

std::vector<double> predict_all(const Predictor& predictor, const std::vector<double>& rows) {
  const std::size_t width = predictor.schema().features.size();
  const std::size_t n = rows.size() / width;
  std::vector<double> outputs(n * predictor.n_outputs(), -7);
  predictor.predict({rows.data(), n, width}, {outputs.data(), n, predictor.n_outputs()});
  return outputs;
}

std::vector<double> predict_all_columns(const Predictor& predictor, const std::vector<double>& rows) {
  const std::size_t width = predictor.schema().features.size();
  const std::size_t n = rows.size() / width;
  std::vector<double> columns(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) columns[i % width * n + i / width] = rows[i];
  std::vector<double> outputs(n * predictor.n_outputs(), -7);
  predictor.predict_columns({columns.data(), width, n}, {outputs.data(), n, predictor.n_outputs()});
  return outputs;
}

/// Runs an engine at one level of SIMD and goes back to the best at the end.
class TreeEngines : public testing::TestWithParam<std::tuple<Engine, std::int64_t>> {
 protected:
  void SetUp() override { set_targets(std::get<1>(GetParam())); }
  void TearDown() override { set_targets(0); }

  static void set_targets(std::int64_t targets) {
    hwy::SetSupportedTargetsForTest(targets);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
  }

  /// Some rows at once, in the engine under test and by the definition.
  static void expect_the_definition(const TreeEnsemble& ensemble, const Schema& schema, std::size_t n_rows = 300) {
    ASSERT_EQ(fault_of(ensemble, schema), "");
    const Engine& engine = std::get<0>(GetParam());
    if (!engine.fits(ensemble, schema)) return;
    const auto image = engine.compile(ensemble, schema);
    const auto predictor = open_predictor(image);
    const std::size_t width = schema.features.size();
    const auto rows = model_test::random_rows(schema, n_rows, 5);
    const auto outputs = predict_all(*predictor, rows);
    if (predictor->takes_columns()) {
      EXPECT_EQ(predict_all_columns(*predictor, rows), outputs);
    }
    for (std::size_t i = 0; i < n_rows; ++i) {
      const auto row = std::span(rows).subspan(i * width, width);
      const auto margins = model_test::plain_margins(ensemble, schema, row);
      std::vector<double> alone(predictor->n_outputs());
      predictor->predict({row.data(), 1, width}, {alone.data(), 1, alone.size()});
      for (std::size_t k = 0; k < alone.size(); ++k) {
        ASSERT_EQ(alone[k], outputs[i * alone.size() + k]) << "row " << i;
        if (ensemble.link != Link::identity) continue;
        ASSERT_EQ(alone[k], margins[k]) << "row " << i;
      }
    }
    const auto general = compile_general_trees(ensemble, schema);
    EXPECT_EQ(outputs, predict_all(*open_predictor(general), rows));
  }
};

TEST_P(TreeEngines, WalkBoostedTrees) {
  const Schema schema = tree_schema(28, {}, 0);
  for (const std::size_t n_leaves : {1, 2, 7, 31, 33, 64, 256}) {
    expect_the_definition(random_ensemble(schema, {.n_trees = 25, .n_leaves = n_leaves}), schema);
  }
}

TEST_P(TreeEngines, CompareRowsThatMeetThresholds) {
  const Schema schema = tree_schema(3, {}, 0);
  expect_the_definition(random_ensemble(schema, {.n_trees = 40, .whole_thresholds = true}), schema);
}

TEST_P(TreeEngines, CompareDoublesBetweenFloats) {
  const Schema schema = tree_schema(3, {}, 0);
  TreeEnsemble ensemble = random_ensemble(schema, {.n_trees = 40, .double_thresholds = true});
  expect_the_definition(ensemble, schema);
  ensemble.float_inputs = true;
  expect_the_definition(ensemble, schema);
}

TEST_P(TreeEngines, SendMissingValuesBothWays) {
  const Schema schema = tree_schema(4, {}, 0);
  for (const bool zero : {false, true}) {
    const RandomTrees wish = {
        .n_trees = 40, .whole_thresholds = true, .missing_both_ways = true, .zero_is_missing = zero};
    expect_the_definition(random_ensemble(schema, wish), schema);
  }
}

TEST_P(TreeEngines, LookUpCategories) {
  const Schema schema = tree_schema(2, {2, 63, 64, 65, 255}, 0);
  expect_the_definition(random_ensemble(schema, {.n_trees = 30, .missing_both_ways = true}), schema);
  const Schema of_lists = tree_schema(2, {5, 1001}, 0);
  expect_the_definition(random_ensemble(of_lists, {.n_trees = 10, .missing_both_ways = true}), of_lists);
}

TEST_P(TreeEngines, AddUpSeveralMargins) {
  const Schema schema = tree_schema(5, {}, 3);
  expect_the_definition(random_ensemble(schema, {.n_trees = 31, .n_margins = 3, .link = Link::softmax}), schema);
  expect_the_definition(random_ensemble(schema, {.n_trees = 31, .leaf_width = 3, .n_margins = 3, .link = Link::clip}),
                        schema);
}

TEST_P(TreeEngines, RankManyThresholdsOfAFeature) {
  const Schema schema = tree_schema(1, {}, 0);
  expect_the_definition(random_ensemble(schema, {.n_trees = 40, .n_leaves = 100}), schema);
}

TEST_P(TreeEngines, SplitTreesOfManyFeatures) {
  for (const std::size_t n_features : {60, 1500}) {
    const Schema schema = tree_schema(n_features, {}, 0);
    expect_the_definition(random_ensemble(schema, {.n_trees = 60, .missing_both_ways = true}), schema);
  }
}

/// x > -10, x > -9, …: as deep as a tree can be.
Tree chain(std::size_t n_leaves) {
  Tree tree;
  for (std::int32_t i = 0; static_cast<std::size_t>(i) + 1 < n_leaves; ++i) {
    tree.nodes.push_back({.left = ~i, .right = i + 1, .threshold = i - 10.0, .weight = 1});
  }
  tree.nodes.back().right = ~static_cast<std::int32_t>(n_leaves - 1);
  for (std::size_t leaf = 0; leaf < n_leaves; ++leaf) tree.leaf_values.push_back(static_cast<double>(leaf));
  tree.leaf_weights.assign(n_leaves, 1);
  return tree;
}

TEST_P(TreeEngines, WalkChains) {
  const Schema schema = tree_schema(1, {}, 0);
  for (const std::size_t n_leaves : {2, 3, 5, 31, 32, 33, 64}) {
    TreeEnsemble ensemble;
    ensemble.trees.assign(3, chain(n_leaves));
    expect_the_definition(ensemble, schema);
  }
}

TEST_P(TreeEngines, WalkDeepTrees) {
  const Schema schema = tree_schema(5, {7}, 0);
  for (const bool doubles : {false, true}) {
    const RandomTrees wish = {.n_trees = 3, .n_leaves = 1500, .double_thresholds = doubles};
    expect_the_definition(random_ensemble(schema, wish), schema);
  }
}

TEST_P(TreeEngines, WalkMoreRowsThanABlockHas) {
  const Schema schema = tree_schema(5, {7}, 0);
  expect_the_definition(random_ensemble(schema, {.n_trees = 3, .n_leaves = 500}), schema, 2100);
}

TEST(TreeEngineChoice, FollowsFromTheTrees) {
  const Schema schema = tree_schema(5, {255, 256}, 0);
  const auto few = random_ensemble(tree_schema(5, {255}, 0), {.n_leaves = 256, .zero_is_missing = true});
  EXPECT_TRUE(fits_byte_trees(few, schema));
  EXPECT_FALSE(compile_deep_trees(few, schema).empty());
  const auto many = random_ensemble(schema, {.n_leaves = 257, .double_thresholds = true, .missing_both_ways = true});
  EXPECT_FALSE(fits_byte_trees(many, schema));
  EXPECT_FALSE(compile_deep_trees(many, schema).empty());
  EXPECT_FALSE(fits_byte_trees(random_ensemble(schema, {.n_leaves = 31}), schema));
}

TEST_P(TreeEngines, WalkManyDeepTreesForOneRow) {
  const Schema schema = tree_schema(5, {70}, 3);
  const RandomTrees wish = {.n_trees = 35, .n_leaves = 100, .leaf_width = 3, .n_margins = 3, .link = Link::clip};
  expect_the_definition(random_ensemble(schema, wish), schema);
}

TEST_P(TreeEngines, PredictWithoutTrees) {
  const Schema schema = tree_schema(1, {}, 0);
  expect_the_definition(random_ensemble(schema, {.n_trees = 0}), schema);
}

std::vector<std::int64_t> levels() {
  return hwy::SupportedAndGeneratedTargets();
}

INSTANTIATE_TEST_SUITE_P(All, TreeEngines, testing::Combine(testing::ValuesIn(engines), testing::ValuesIn(levels())),
                         [](const auto& test) {
                           return std::string(std::get<0>(test.param).name) + hwy::TargetName(std::get<1>(test.param));
                         });

}  // namespace
}  // namespace thrum
