#include "thrum/model/tree/tree_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "thrum/core/refusal_test.h"
#include "thrum/model/tree/tree_fixture_test.h"
#include "thrum/model/tree/tree_importance.h"

namespace thrum {
namespace {

using model_test::random_ensemble;
using model_test::small_ensemble;
using model_test::small_schema;
using model_test::tree_model;
using testing::ElementsAre;
using testing::HasSubstr;

TreeModel small_model() {
  return tree_model("gbdt", small_schema(), small_ensemble());
}

TEST(TreeText, IsIndentedByQuestions) {
  EXPECT_EQ(tree_text(small_model(), 0),
            "tree 0 of 1: 3 leaves\n"
            "age <= 30 or missing?  (10 rows, gain 3)\n"
            "|- yes: 1  (3 rows)\n"
            "`- no:  work in {b}?  (7 rows, gain 1)\n"
            "   |- yes: 2  (5 rows)\n"
            "   `- no:  4  (2 rows)\n");
}

TEST(TreeText, IsCutAtADepth) {
  EXPECT_EQ(tree_text(small_model(), 0, {.max_depth = 1}),
            "tree 0 of 1: 3 leaves\n"
            "age <= 30 or missing?  (10 rows, gain 3)\n"
            "|- yes: 1  (3 rows)\n"
            "`- no:  ...  (7 rows)\n");
}

TEST(TreeText, NamesTheClassOfATree) {
  const Schema schema = model_test::tree_schema(1, {}, 3);
  const auto model =
      tree_model("gbdt", schema, random_ensemble(schema, {.n_trees = 6, .n_margins = 3, .link = Link::softmax}));
  EXPECT_THAT(tree_text(model, 4), HasSubstr("tree 4 of 6, for class 1: 31 leaves\n"));
}

TEST(TreeText, ShowsThresholdsInFewDigits) {
  const Schema schema = small_schema();
  TreeNode node;
  node.threshold = static_cast<double>(0.1F);
  EXPECT_EQ(question_text(node, {}, schema), "age <= 0.1");
  node.threshold = 0.1;
  EXPECT_EQ(question_text(node, {}, schema), "age <= 0.1");
  node.threshold = 0.30000000000000004;
  EXPECT_EQ(question_text(node, {}, schema), "age <= 0.30000000000000004");
}

TEST(TreeText, GivesTheValuesOfALeafByClass) {
  Tree tree;
  tree.leaf_values = {0.25, 0.75};
  tree.leaf_weights = {8};
  EXPECT_EQ(leaf_text(tree, 0, 2, model_test::tree_schema(1, {}, 2)), "{0: 0.25, 1: 0.75}");
}

TEST(TreeText, RefusesTreesThatAreNotThere) {
  EXPECT_EQ(test::refusal([] { tree_text(small_model(), 1); }), "[tree] expected a tree from 0 to 0, got 1");
  EXPECT_EQ(test::refusal([] { tree_text(tree_model("gbdt", small_schema(), {}), 0); }),
            "[tree] expected a model with trees, this gbdt has none");
}

TEST(TreePath, SaysWhatARowAnswers) {
  EXPECT_EQ(path_text(small_model(), 0, std::vector<double>{31, 1}),
            "tree 0 of 1: 3 leaves\n"
            "  age <= 30 or missing?  no, it is 31\n"
            "  work in {b}?  yes, it is b\n"
            "  leaf 1: 2\n");
  EXPECT_THAT(path_text(small_model(), 0, std::vector<double>{std::nan(""), 1}), HasSubstr("yes, it is missing\n"));
  EXPECT_THAT(path_text(small_model(), 0, std::vector<double>{31, 3}), HasSubstr("no, it is unknown\n"));
}

TEST(TreeJson, HoldsEveryNodeAndLeaf) {
  EXPECT_EQ(tree_json(small_model(), 0),
            R"({"nodes":[{"feature":"age","threshold":30.0,"missing":"left","gain":3.0,"weight":10.0,)"
            R"("left":{"leaf":0},"right":{"node":1}},{"feature":"work","categories":["b"],"missing":"right",)"
            R"("gain":1.0,"weight":7.0,"left":{"leaf":1},"right":{"leaf":2}}],)"
            R"("leaves":[{"value":1.0,"weight":3.0},{"value":2.0,"weight":5.0},{"value":4.0,"weight":2.0}]})");
  EXPECT_THAT(ensemble_json(small_model()),
              HasSubstr(R"({"link":"identity","base":[0.0],"scale":1.0,"float_inputs":false,"leaf_width":1,)"
                        R"("features":["age","work"],"trees":[{"nodes":)"));
}

TEST(TreeDot, DrawsAnEdgePerAnswer) {
  EXPECT_EQ(tree_dot(small_model(), 0, {.max_depth = 1}),
            "digraph tree {\n"
            "  label=\"tree 0 of 1: 3 leaves\"; labelloc=t; fontname=\"sans-serif\";\n"
            "  node [shape=box, style=\"rounded,filled\", fillcolor=\"#eef3fa\", fontname=\"sans-serif\"];\n"
            "  n0 [label=\"age <= 30 or missing\\n10 rows\"];\n"
            "  n0 -> n1 [label=\"yes\"];\n"
            "  n0 -> n2 [label=\"no\"];\n"
            "  n1 [label=\"1\\n3 rows\", fillcolor=\"#eaf5ea\"];\n"
            "  n2 [label=\"...\\n7 rows\", fillcolor=\"#eaf5ea\"];\n"
            "}\n");
}

TEST(TreeSvg, EscapesWhatNamesHold) {
  Schema schema = small_schema();
  schema.features[0].name = "a<b&\"c\x01";
  const std::string svg = tree_svg(tree_model("gbdt", schema, small_ensemble()), 0);
  EXPECT_THAT(svg, testing::StartsWith("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"638\" height=\"272\""));
  EXPECT_THAT(svg, HasSubstr(">a&lt;b&amp;&quot;c\\x01 &lt;= 30 or missing<"));
  EXPECT_THAT(svg, testing::EndsWith("</svg>\n"));
}

TEST(TreeSvg, ShortensLongTextBetweenCharacters) {
  Schema schema = small_schema();
  schema.features[0].name = "\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4";
  const std::string svg = tree_svg(tree_model("gbdt", schema, small_ensemble()), 0);
  EXPECT_THAT(svg, HasSubstr(">" + schema.features[0].name + " &lt;= 30 or miss…<"));
}

TEST(TreeImportances, AddUpGainsAndCountSplits) {
  TreeEnsemble ensemble = small_ensemble();
  ensemble.trees.push_back(ensemble.trees[0]);
  const auto importances = tree_importances(ensemble, 3);
  EXPECT_EQ(importances[0].gain, 6);
  EXPECT_EQ(importances[1].n_splits, 2u);
  EXPECT_EQ(importances[2].gain, 0);
  EXPECT_THAT(tree_depths(ensemble.trees[0]), ElementsAre(0, 1, 1, 2, 2));
}

TEST(TreeModelDescription, RanksFeatures) {
  EXPECT_EQ(small_model().description(),
            "1 tree with 3 leaves, at most 2 questions deep\n"
            "share of the gain, and splits, per feature:\n"
            "   75.00 %        1  age\n"
            "   25.00 %        1  work\n");
  EXPECT_EQ(small_model().description_json(),
            R"({"trees":1,"leaves":3,"depth":2,"link":"identity",)"
            R"("importances":{"gain":{"age":3.0,"work":1.0},"split":{"age":1,"work":1}}})");
}

}  // namespace
}  // namespace thrum
