#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "thrum/learn/determinism_testing_internal.h"
#include "thrum/learn/learner.h"
#include "thrum/learn/tree/forest/forest_testing_internal.h"

namespace thrum {
namespace {

using testing_data::Bytes;
using testing_data::TreeRows;

struct Case {
  std::string name;
  std::string learner;
  TreeRows rows;
  std::vector<std::pair<std::string, std::string>> options;
};

Options options_of(const Case& c) {
  Options options = find_learner(c.learner).default_options();
  for (const auto& [name, value] : c.options) options.set(name, value);
  return options;
}

Bytes train(const Dataset& whole, const Case& c, int threads, int ranks) {
  return testing_data::train(find_learner(c.learner), whole, options_of(c), threads, ranks);
}

class ForestFile : public testing::TestWithParam<Case> {};

TEST_P(ForestFile, HasTheSameBytesForAnyNumberOfThreadsAndRanks) {
  testing_data::expect_same_bytes(find_learner(GetParam().learner), GetParam().rows.dataset(), options_of(GetParam()));
}

TEST_P(ForestFile, ChangesWithTheRows) {
  Case c = GetParam();
  c.rows.n_rows = 3000;
  const Bytes one = train(c.rows.dataset(), c, 1, 1);
  c.rows.seed += 1;
  EXPECT_FALSE(train(c.rows.dataset(), c, 1, 1) == one);
}

TEST(IsolationForestFile, HasTheSameBytesForAnyNumberOfThreadsAndRanks) {
  const TreeRows rows{.seed = 11, .n_rows = 3 * row_block + 77, .missing = true, .n_categories = 9};
  const Dataset dataset(rows.table(), {.target = "", .task = Task::anomaly, .exclude = {"y"}});
  for (const char* bootstrap : {"false", "true"}) {
    Options options = find_learner("isolation-forest").default_options();
    options.set("n_estimators", "7");
    options.set("contamination", "0.1");
    options.set("max_features", "0.7");
    options.set("bootstrap", bootstrap);
    testing_data::expect_same_bytes(find_learner("isolation-forest"), dataset, options);
  }
}

std::vector<Case> cases() {
  const TreeRows classes{.seed = 7, .n_rows = 3 * row_block + 77, .n_classes = 3, .weighted = true, .n_categories = 9};
  const TreeRows binary{.seed = 8, .n_rows = 2 * row_block + 9, .n_classes = 2, .missing = true};
  const TreeRows numbers{.seed = 9, .n_rows = 3 * row_block, .n_classes = 0, .missing = true, .n_categories = 30};
  // More rows than a task takes, and than a short key has room for.
  const TreeRows many{.seed = 10, .n_rows = 70'000, .n_classes = 2};
  return {{"DecisionTreeOfManyRows", "decision-tree", many, {}},
          {"DecisionTreeOfNumbers", "decision-tree", numbers, {{"ccp_alpha", "1e-5"}}},
          {"BestFirst", "decision-tree", classes, {{"max_leaf_nodes", "40"}}},
          {"RandomForest", "random-forest", binary, {{"n_estimators", "7"}, {"oob_score", "true"}}},
          {"RandomForestOfWeightedClasses", "random-forest", classes, {{"n_estimators", "4"}}},
          {"RandomForestOfNumbers", "random-forest", numbers, {{"n_estimators", "4"}, {"oob_score", "true"}}},
          {"ExtraTrees", "extra-trees", classes, {{"n_estimators", "5"}}},
          {"ExtraTreesOfNumbers", "extra-trees", numbers, {{"n_estimators", "2"}}}};
}

INSTANTIATE_TEST_SUITE_P(Cases, ForestFile, testing::ValuesIn(cases()),
                         [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace thrum
