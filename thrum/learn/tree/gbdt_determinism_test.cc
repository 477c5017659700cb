#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "thrum/learn/determinism_testing_internal.h"
#include "thrum/learn/linear/logistic_regression_testing_internal.h"
#include "thrum/learn/tree/gbdt.h"
#include "thrum/learn/tree/ranking_testing_internal.h"

namespace thrum {
namespace {

using testing_data::Bytes;
using testing_data::Generated;

Bytes train(const Dataset& whole, const GbdtOptions& options, int threads, int ranks) {
  return testing_data::train(Gbdt(), whole, Options(options, GbdtOptions::fields()), threads, ranks);
}

struct Case {
  std::string name;
  Generated rows;
  GbdtOptions options;
};

class GbdtFile : public testing::TestWithParam<Case> {};

TEST_P(GbdtFile, HasTheSameBytesForAnyNumberOfThreadsAndRanks) {
  testing_data::expect_same_bytes(Gbdt(), GetParam().rows.dataset(),
                                  Options(GetParam().options, GbdtOptions::fields()));
}

TEST_P(GbdtFile, HasTheSameBytesWhereARankHasNoRows) {
  Case c = GetParam();
  c.rows.n_rows = 2 * row_block;
  EXPECT_TRUE(train(c.rows.dataset(), c.options, 1, 3) == train(c.rows.dataset(), c.options, 1, 1));
}

TEST_P(GbdtFile, ChangesWithTheRows) {
  Case c = GetParam();
  c.rows.n_rows = 3000;
  const Bytes one = train(c.rows.dataset(), c.options, 1, 1);
  c.rows.seed += 1;
  EXPECT_FALSE(train(c.rows.dataset(), c.options, 1, 1) == one);
}

TEST(GbdtFileOfARanking, HasTheSameBytesForAnyNumberOfThreadsAndRanks) {
  const Dataset dataset = testing_data::RankingRows{.n_rows = 3 * row_block + 77}.dataset();  // queries on all ranks
  GbdtOptions options;
  options.n_estimators = 5;
  testing_data::expect_same_bytes(Gbdt(), dataset, Options(options, GbdtOptions::fields()));
}

std::vector<Case> cases() {
  const Generated binary{.seed = 21, .n_rows = 6 * row_block + 123, .n_columns = 5};
  GbdtOptions small;
  small.n_estimators = 5;
  GbdtOptions by_depth = small;
  by_depth.grow_policy = "depth";
  by_depth.max_depth = 4;
  by_depth.class_weight = "balanced";
  GbdtOptions sampled = small;
  sampled.subsample = 0.6;
  sampled.colsample_bynode = 0.6;
  sampled.boosting = "dart";
  sampled.skip_drop = 0;
  sampled.drop_rate = 0.5;
  GbdtOptions goss = small;
  goss.data_sample_strategy = "goss";
  goss.learning_rate = 0.9;
  const Generated classes{.seed = 22, .n_rows = 3 * row_block + 77, .n_columns = 3, .n_classes = 3};
  return {{"Leaves", binary, small},
          {"Depth", binary, by_depth},
          {"Sampled", binary, sampled},
          {"Goss", binary, goss},
          {"Classes", classes, small}};
}

INSTANTIATE_TEST_SUITE_P(Cases, GbdtFile, testing::ValuesIn(cases()), [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace thrum
