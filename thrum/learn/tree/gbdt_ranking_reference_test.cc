#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>

#include "thrum/core/json_internal.h"
#include "thrum/learn/tree/gbdt.h"
#include "thrum/learn/tree/ranking_testing_internal.h"
#include "thrum/metrics/ndcg.h"

namespace thrum {
namespace {

using testing_data::RankingRows;

/// Scores of LightGBM, written by tests/reference/lambdarank_reference.py.
Json reference() {
  std::ifstream file(THRUM_SOURCE_DIR "/tests/reference/lambdarank.json");
  return parse_json(std::string(std::istreambuf_iterator<char>(file), {}), "lambdarank.json");
}

double ndcg_of(const Model& model, const RankingRows& rows, std::size_t k) {
  const std::vector<double> scores = predict(model, *rows.table(), LocalExecution(2));
  const Dataset dataset = rows.dataset();
  return metrics::mean_ndcg(dataset.y(), scores, dataset.queries(), k);
}

TEST(LambdaMart, RanksAsWellAsLightGBM) {
  const RankingRows train;
  const RankingRows test{.first = RankingRows::n_train, .n_rows = 3000};
  const Json json = reference();
  for (const Json& expected : json["cases"]) {
    SCOPED_TRACE(expected["name"].get<std::string>());
    Options options = Gbdt().default_options();
    for (const auto& [name, value] : expected["options"].items()) options.set(name, value.get<std::string>());
    const auto model = Gbdt().Learner::fit(train.dataset(), options, LocalExecution(2));
    EXPECT_NEAR(ndcg_of(*model, test, 10), expected["test"]["ndcg@10"].get<double>(), 0.008);
    EXPECT_NEAR(ndcg_of(*model, test, 5), expected["test"]["ndcg@5"].get<double>(), 0.012);
    EXPECT_NEAR(ndcg_of(*model, train, 10), expected["train"]["ndcg@10"].get<double>(), 0.008);
    EXPECT_NEAR(model->training().objective, 1 - ndcg_of(*model, train, 10), 1e-12);
  }
}

}  // namespace
}  // namespace thrum
