#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "thrum/core/json_internal.h"
#include "thrum/learn/tree/forest/decision_tree.h"
#include "thrum/learn/tree/forest/forest_testing_internal.h"

namespace thrum {
namespace {

/// Trees of scikit-learn, written by tests/reference/decision_tree_reference.py.
const Json& reference() {
  static const Json json = [] {
    std::ifstream file(THRUM_SOURCE_DIR "/tests/reference/decision_tree.json");
    return parse_json(std::string(std::istreambuf_iterator<char>(file), {}), "decision_tree.json");
  }();
  return json;
}

/// Compares a tree with nodes in preorder.
class Comparison {
 public:
  Comparison(const TreeEnsemble& ensemble, const Json& nodes)
      : tree_(ensemble.trees.front()), width_(ensemble.leaf_width), nodes_(nodes) {}

  void run() {
    compare(tree_.nodes.empty() ? ~0 : 0);
    EXPECT_EQ(next_, nodes_.size());
  }

 private:
  void compare(std::int32_t child) {
    ASSERT_LT(next_, nodes_.size());
    const Json& expected = nodes_[next_++];
    if (child < 0) return compare_leaf(~child, expected);
    const TreeNode& node = tree_.nodes[child];
    ASSERT_TRUE(expected.contains("feature")) << "node " << next_ - 1 << " should be a leaf";
    ASSERT_EQ(node.feature, expected["feature"].get<int>()) << "node " << next_ - 1;
    // scikit-learn rounds the values to float, and half way between them is not always one.
    ASSERT_NEAR(node.threshold, expected["threshold"].get<double>(), 3e-7) << "node " << next_ - 1;
    ASSERT_EQ(node.missing_left, expected["missing_left"].get<bool>()) << "node " << next_ - 1;
    compare(node.left);
    compare(node.right);
  }

  void compare_leaf(std::int32_t leaf, const Json& expected) {
    ASSERT_TRUE(expected.contains("value")) << "node " << next_ - 1 << " should be a question";
    const auto value = expected["value"].get<std::vector<double>>();
    const std::size_t first = value.size() - width_;  // of two classes the second one is kept
    for (std::size_t k = 0; k < width_; ++k) {
      EXPECT_NEAR(tree_.leaf_values[static_cast<std::size_t>(leaf) * width_ + k], value[first + k], 1e-12);
    }
  }

  const Tree& tree_;
  std::size_t width_;
  const Json& nodes_;
  std::size_t next_ = 0;
};

class ScikitLearnTree : public testing::TestWithParam<std::size_t> {};

TEST_P(ScikitLearnTree, AsksTheSameQuestions) {
  const Json& json = reference()["cases"][GetParam()];
  const testing_data::TreeRows rows{.seed = json["seed"].get<std::uint64_t>(),
                                    .n_rows = reference()["rows"].get<std::size_t>(),
                                    .n_classes = json["classes"].get<std::size_t>(),
                                    .weighted = json["weighted"].get<bool>(),
                                    .missing = json["missing"].get<bool>()};
  const DecisionTree learner;
  Options options = learner.default_options();
  for (const auto& [name, value] : json["options"].items()) options.set(name, value.get<std::string>());
  const auto model = learner.Learner::fit(rows.dataset(), options, LocalExecution(2));
  Comparison(static_cast<const TreeModel&>(*model).ensemble(), json["nodes"]).run();
}

constexpr std::size_t n_cases = 22;

INSTANTIATE_TEST_SUITE_P(Cases, ScikitLearnTree, testing::Range(std::size_t{0}, n_cases), [](const auto& test) {
  return reference()["cases"][test.param]["name"].template get<std::string>();
});

TEST(ScikitLearnTrees, HoldTheCasesThatRun) {
  EXPECT_EQ(reference()["cases"].size(), n_cases);
}

}  // namespace
}  // namespace thrum
