#include "thrum/model/tree/tree_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "thrum/model/model_fixture_test.h"
#include "thrum/model/tree/category_set_internal.h"
#include "thrum/model/tree/distinct_rows_internal.h"
#include "thrum/model/tree/tree_fixture_test.h"

namespace thrum {
namespace {

using model_test::plain_margins;
using model_test::random_ensemble;
using model_test::small_ensemble;
using model_test::small_schema;
using model_test::tree_model;
using model_test::tree_schema;
using testing::ElementsAre;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

std::vector<double> predict_row(const Model& model, const std::vector<double>& row) {
  const auto image = model.compile();
  const auto predictor = open_predictor(image);
  std::vector<double> outputs(predictor->n_outputs(), -7);
  predictor->predict({row.data(), 1, row.size()}, {outputs.data(), 1, outputs.size()});
  return outputs;
}

double small_prediction(double age, double work) {
  return predict_row(tree_model("gbdt", small_schema(), small_ensemble()), {age, work})[0];
}

TEST(TreeModel, AsksOneQuestionAfterTheOther) {
  EXPECT_EQ(small_prediction(30, 0), 1);
  EXPECT_EQ(small_prediction(std::nextafter(30, 31), 1), 2);
  EXPECT_EQ(small_prediction(31, 0), 4);
  EXPECT_EQ(small_prediction(31, 2), 4);
}

TEST(TreeModel, SendsWhatIsMissingOrUnknownWhereTheNodeSays) {
  EXPECT_EQ(small_prediction(nan, 1), 1);
  for (const double code : {nan, 3.0, 1e30, -1.0}) EXPECT_EQ(small_prediction(31, code), 4) << code;
}

TEST(TreeModel, OfOneLeafIsThatLeaf) {
  Tree leaf;
  leaf.leaf_values = {3};
  leaf.leaf_weights = {1};
  TreeEnsemble ensemble;
  ensemble.trees = {leaf, leaf};
  ensemble.base = {0.5};
  ensemble.scale = 2;
  EXPECT_THAT(predict_row(tree_model("gbdt", small_schema(), ensemble), {1, 1}), ElementsAre(12.5));
  ensemble.trees.clear();
  EXPECT_THAT(predict_row(tree_model("gbdt", small_schema(), ensemble), {1, 1}), ElementsAre(0.5));
}

TEST(TreeModel, RoundsNumbersToFloatsWhereTheEnsembleSaysSo) {
  TreeEnsemble ensemble = small_ensemble();
  const double above = 30 + 1e-9;
  EXPECT_EQ(predict_row(tree_model("gbdt", small_schema(), ensemble), {above, 1})[0], 2);
  ensemble.float_inputs = true;
  EXPECT_EQ(predict_row(tree_model("gbdt", small_schema(), ensemble), {above, 1})[0], 1);
}

/// A model whose margins are `base`, whatever the row.
std::vector<double> outputs_of(Link link, std::vector<double> base, std::size_t n_classes) {
  TreeEnsemble ensemble;
  ensemble.base = std::move(base);
  ensemble.link = link;
  return predict_row(tree_model("gbdt", tree_schema(1, {}, n_classes), ensemble), {0});
}

TEST(TreeModel, TurnsMarginsIntoOutputsByItsLink) {
  EXPECT_THAT(outputs_of(Link::identity, {-3}, 0), ElementsAre(-3));
  EXPECT_THAT(outputs_of(Link::exp, {2}, 0), ElementsAre(std::exp(2.0)));
  EXPECT_THAT(outputs_of(Link::logistic, {0}, 0), ElementsAre(0.5));
  EXPECT_THAT(outputs_of(Link::logistic, {std::log(3.0)}, 2),
              ElementsAre(testing::DoubleEq(0.25), testing::DoubleEq(0.75)));
  EXPECT_THAT(outputs_of(Link::logistic, {0, 0, std::log(3.0)}, 3),
              ElementsAre(testing::DoubleEq(2 / 7.0), testing::DoubleEq(2 / 7.0), testing::DoubleEq(3 / 7.0)));
  EXPECT_THAT(outputs_of(Link::softmax, {std::log(3.0), 0}, 2),
              ElementsAre(testing::DoubleEq(0.75), testing::DoubleEq(0.25)));
  EXPECT_THAT(outputs_of(Link::clip, {0.25}, 2), ElementsAre(0.75, 0.25));
  EXPECT_THAT(outputs_of(Link::clip, {0.5, 0.25, 0.25}, 3), ElementsAre(0.5, 0.25, 0.25));
  EXPECT_THAT(outputs_of(Link::clip, {1 + 1e-15}, 2), ElementsAre(0, 1));
}

TEST(TreeModel, GivesFiniteOutputsForTheLargestMargins) {
  EXPECT_THAT(outputs_of(Link::exp, {1e300}, 0), ElementsAre(std::numeric_limits<double>::max()));
  EXPECT_THAT(outputs_of(Link::softmax, {1e308, -1e308, 0}, 3), ElementsAre(1, 0, 0));
  EXPECT_THAT(outputs_of(Link::logistic, {-1e300, -1e300, -1e300}, 3), ElementsAre(1 / 3.0, 1 / 3.0, 1 / 3.0));
}

TEST(TreeModel, IsTheSameAfterWritingAndReading) {
  const Schema schema = tree_schema(3, {2, 64, 65, 300, 1001}, 3);
  for (const std::size_t width : {1, 3}) {
    for (const bool floats : {false, true}) {
      auto ensemble = random_ensemble(schema, {.n_trees = 7,
                                               .leaf_width = width,
                                               .n_margins = 3,
                                               .link = Link::softmax,
                                               .double_thresholds = !floats,
                                               .missing_both_ways = true,
                                               .zero_is_missing = true});
      ensemble.float_inputs = floats;
      const auto model = tree_model("random-forest", schema, ensemble);
      const auto bytes = serialize(model);
      const auto read = deserialize(bytes, "a.thrum");
      EXPECT_EQ(read->algorithm(), "random-forest");
      EXPECT_EQ(dynamic_cast<const TreeModel&>(*read).ensemble(), ensemble);
      EXPECT_EQ(serialize(*read), bytes);
      EXPECT_EQ(read->compile(), model.compile());
    }
  }
}

TEST(TreeModel, StoresRepeatedLeavesOnce) {
  const Schema schema = tree_schema(3, {}, 3);
  auto ensemble = random_ensemble(schema, {.n_trees = 20, .leaf_width = 3, .n_margins = 3, .link = Link::clip});
  const std::size_t size = serialize(tree_model("random-forest", schema, ensemble)).size();
  for (Tree& tree : ensemble.trees) {
    for (std::size_t i = 0; i < tree.leaf_values.size(); ++i) tree.leaf_values[i] = i % 3 == i / 3 % 2 ? 1 : 0;
  }
  const auto bytes = serialize(tree_model("random-forest", schema, ensemble));
  EXPECT_LT(bytes.size() + 20 * 31 * 3 * 8 - 20 * 31 * 4 - 1024, size);
  EXPECT_EQ(dynamic_cast<const TreeModel&>(*deserialize(bytes, "a")).ensemble(), ensemble);
}

TEST(DistinctRows, AreNoLongerLookedForWhereNearlyAllAreNew) {
  DistinctRows few(2), many(2);
  for (std::size_t i = 0; i < 20'000; ++i) {
    const double x = static_cast<double>(i), y = static_cast<double>(i % 3);
    ASSERT_EQ(few.index_of_frequent(std::vector{y, y}), i % 3);
    ASSERT_EQ(many.index_of_frequent(std::vector{x, y}), i);
  }
  EXPECT_EQ(few.size(), 3u);
  EXPECT_EQ(many.index_of_frequent(std::vector{1.0, 1.0}), 20'000u);
  EXPECT_EQ(many.row(1)[0], many.row(20'000)[0]);
}

TEST(CategorySets, HoldWhatIsPutIntoThem) {
  for (const std::uint32_t n_categories : {1U, 64U, 65U, 1000U, 100'000U}) {
    for (const std::uint32_t step : {1U, 3U, 300U, 40'000U, 200'000U}) {
      std::vector<std::uint32_t> codes;
      for (std::uint32_t code = step - 1; code < n_categories; code += step) codes.push_back(code);
      Tree tree;
      tree.category_bits = {7};
      TreeNode node{.category_set = 1};
      node.category_list = append_category_set(codes, n_categories, tree.category_bits);
      EXPECT_LE(tree.category_bits.size(), 1 + (n_categories + 63) / 64);
      EXPECT_LE(tree.category_bits.size(), 1 + 4 * (codes.size() / 2 + 1));
      for (std::uint32_t c = 0; c < n_categories; ++c) {
        ASSERT_EQ(category_goes_left(node, tree, c), (c + 1) % step == 0) << c << " by " << step;
      }
      EXPECT_EQ(category_codes(node, tree, n_categories), codes);
    }
  }
}

struct Fault {
  const char* name;
  void (*make)(TreeEnsemble&);
  const char* message;
};

void PrintTo(const Fault& fault, std::ostream* out) {
  *out << fault.name;
}

void list(TreeEnsemble& ensemble, std::vector<std::uint64_t> words) {
  ensemble.trees[0].nodes[1].category_list = true;
  ensemble.trees[0].category_bits = std::move(words);
}

class TreeFaults : public testing::TestWithParam<Fault> {};

TEST_P(TreeFaults, AreNamed) {
  TreeEnsemble ensemble = small_ensemble();
  EXPECT_EQ(fault_of(ensemble, small_schema()), "");
  GetParam().make(ensemble);
  EXPECT_EQ(fault_of(ensemble, small_schema()), GetParam().message);
}

constexpr auto links = "has a tree 0 that does not link every node and leaf once";
constexpr auto margins = "has margins that do not fit its target";
constexpr auto no_set = "has a tree 0 that has a set of categories that do not exist";
constexpr auto values = "has a tree 0 that has a threshold, gain or weight that cannot be";

INSTANTIATE_TEST_SUITE_P(
    All, TreeFaults,
    testing::Values(
        Fault{"NoMargin", [](TreeEnsemble& e) { e.base.clear(); }, margins},
        Fault{"TwoMargins", [](TreeEnsemble& e) { e.base = {0, 0}; }, margins},
        Fault{"WrongLink", [](TreeEnsemble& e) { e.link = Link::softmax; }, margins},
        Fault{"WrongWidth", [](TreeEnsemble& e) { e.leaf_width = 2; }, margins},
        Fault{"InfiniteBase", [](TreeEnsemble& e) { e.base = {HUGE_VAL}; }, "has a base or a scale that is no number"},
        Fault{"NoScale", [](TreeEnsemble& e) { e.scale = nan; }, "has a base or a scale that is no number"},
        Fault{"NoLeaf", [](TreeEnsemble& e) { e.trees[0] = {}; },
              "has a tree 0 that has another number of leaves than its nodes need"},
        Fault{"MissingLeaf", [](TreeEnsemble& e) { e.trees[0].leaf_weights.pop_back(); },
              "has a tree 0 that has another number of leaves than its nodes need"},
        Fault{"Loop", [](TreeEnsemble& e) { e.trees[0].nodes[1].left = 0; }, links},
        Fault{"SelfLoop", [](TreeEnsemble& e) { e.trees[0].nodes[1].left = 1; }, links},
        Fault{"SharedLeaf", [](TreeEnsemble& e) { e.trees[0].nodes[1].left = ~0; }, links},
        Fault{"FarNode", [](TreeEnsemble& e) { e.trees[0].nodes[1].left = 2; }, links},
        Fault{"FarLeaf", [](TreeEnsemble& e) { e.trees[0].nodes[1].left = ~3; }, links},
        Fault{"LowestLeaf", [](TreeEnsemble& e) { e.trees[0].nodes[1].left = INT32_MIN; }, links},
        Fault{"NoFeature", [](TreeEnsemble& e) { e.trees[0].nodes[0].feature = 2; },
              "has a tree 0 that asks for a feature that does not exist"},
        Fault{"NegativeFeature", [](TreeEnsemble& e) { e.trees[0].nodes[0].feature = -1; },
              "has a tree 0 that asks for a feature that does not exist"},
        Fault{"NumberAsCategory", [](TreeEnsemble& e) { e.trees[0].nodes[0].category_set = 0; },
              "has a tree 0 that takes categories for numbers, or numbers for categories"},
        Fault{"CategoryAsNumber", [](TreeEnsemble& e) { e.trees[0].nodes[1].category_set = -1; },
              "has a tree 0 that takes categories for numbers, or numbers for categories"},
        Fault{"SetBeyondTheWords", [](TreeEnsemble& e) { e.trees[0].nodes[1].category_set = 1; }, no_set},
        Fault{"SetOfMoreCategories", [](TreeEnsemble& e) { e.trees[0].category_bits = {0b1000}; }, no_set},
        Fault{"ListBeyondTheWords", [](TreeEnsemble& e) { list(e, {2 | 1ull << 32}); }, no_set},
        Fault{"ListOfMoreCategories", [](TreeEnsemble& e) { list(e, {1 | 3ull << 32}); }, no_set},
        Fault{"ListInNoOrder", [](TreeEnsemble& e) { list(e, {2 | 1ull << 32, 1}); }, no_set},
        Fault{"ListWithRemains", [](TreeEnsemble& e) { list(e, {2, 1 | 1ull << 32}); }, no_set},
        Fault{"ListOfNoSet", [](TreeEnsemble& e) { e.trees[0].nodes[0].category_list = true; }, no_set},
        Fault{"InfiniteThreshold", [](TreeEnsemble& e) { e.trees[0].nodes[0].threshold = HUGE_VAL; }, values},
        Fault{"LargestThreshold",
              [](TreeEnsemble& e) { e.trees[0].nodes[0].threshold = std::numeric_limits<double>::max(); }, values},
        Fault{"NoThreshold", [](TreeEnsemble& e) { e.trees[0].nodes[0].threshold = nan; }, values},
        Fault{"NegativeWeight", [](TreeEnsemble& e) { e.trees[0].nodes[0].weight = -1; }, values},
        Fault{"InfiniteGain", [](TreeEnsemble& e) { e.trees[0].nodes[0].gain = HUGE_VALF; }, values},
        Fault{"NoLeafValue", [](TreeEnsemble& e) { e.trees[0].leaf_values[0] = nan; },
              "has a tree 0 that has a leaf that is no number"},
        Fault{"NegativeLeafWeight", [](TreeEnsemble& e) { e.trees[0].leaf_weights[0] = -1; },
              "has a tree 0 that has a leaf that is no number"}),
    [](const auto& fault) { return std::string(fault.param.name); });

TEST(TreeModelPredictions, EqualThoseOfTheDefinition) {
  const Schema schema = tree_schema(6, {3, 70}, 0);
  for (const bool whole : {false, true}) {
    const auto ensemble = random_ensemble(
        schema, {.n_trees = 20, .whole_thresholds = whole, .missing_both_ways = true, .zero_is_missing = true});
    const auto model = tree_model("gbdt", schema, ensemble);
    const auto rows = model_test::random_rows(schema, 200, 3);
    for (std::size_t i = 0; i < 200; ++i) {
      const std::vector<double> row(rows.begin() + static_cast<std::ptrdiff_t>(8 * i),
                                    rows.begin() + static_cast<std::ptrdiff_t>(8 * i + 8));
      EXPECT_EQ(predict_row(model, row), plain_margins(ensemble, schema, row)) << i;
    }
  }
}

}  // namespace
}  // namespace thrum
