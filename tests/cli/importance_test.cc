#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/cli/thrum_process.h"

namespace thrum::test {
namespace {

using Json = nlohmann::json;
using testing::HasSubstr;
using testing::StartsWith;

/// A model of "signal" alone, which is the target, though "noise" is a feature too.
class Importance : public testing::Test {
 protected:
  Importance() {
    std::string rows = "signal,noise,y\n";
    for (int i = 0; i < 200; ++i) {
      rows += std::to_string(i % 10) + "," + std::to_string(i * 37 % 11) + "," + (i % 10 < 5 ? "no" : "yes") + "\n";
    }
    data_ = folder_.write("rows.csv", rows);
    const Outcome run = run_thrum({"train", "logistic-regression", data_, "--target", "y", "-o", model(), "-q"});
    EXPECT_EQ(run.exit_code, 0) << run.err;
  }

  std::string model() const { return folder_.file("model.thrum"); }
  Outcome run(const std::string& command, std::vector<std::string> more) const {
    std::vector<std::string> words = {command, model(), data_};
    words.insert(words.end(), more.begin(), more.end());
    return run_thrum(words);
  }

  TemporaryFolder folder_;
  std::string data_;
};

TEST_F(Importance, IsThatOfTheFeatureThatTells) {
  const Outcome text = run("importance", {});
  ASSERT_EQ(text.exit_code, 0) << text.err;
  EXPECT_THAT(text.out, StartsWith("feature  log_loss worse by"));
  const Json found = Json::parse(run("importance", {"--json", "--metric", "accuracy"}).out);
  EXPECT_EQ(found["schema"], "thrum.importance/1");
  EXPECT_EQ(found["metric"], "accuracy");
  EXPECT_EQ(found["rows"], 200);
  EXPECT_EQ(found["features"][0]["name"], "signal");
  EXPECT_GT(found["features"][0]["mean"], 0.3);
  EXPECT_EQ(found["features"][1]["name"], "noise");
  EXPECT_LT(found["features"][1]["mean"], 0.1);
}

TEST_F(Importance, RefusesAScoreOfAnotherTask) {
  const Outcome refused = run("importance", {"--metric", "rmse"});
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_THAT(refused.err, HasSubstr("--metric: rmse is no score of a classification"));
}

TEST_F(Importance, DependenceShowsHowTheProbabilityRises) {
  const Outcome text = run("dependence", {"--feature", "signal"});
  ASSERT_EQ(text.exit_code, 0) << text.err;
  EXPECT_THAT(text.out, StartsWith("signal"));
  const Json found = Json::parse(run("dependence", {"--feature", "signal", "--json"}).out);
  EXPECT_EQ(found["schema"], "thrum.dependence/1");
  EXPECT_EQ(found["outputs"], Json({"no", "yes"}));
  ASSERT_EQ(found["points"].size(), 10U);
  EXPECT_EQ(found["points"][9]["value"], 9);
  EXPECT_LT(found["points"][0]["outputs"][1], 0.1);
  EXPECT_GT(found["points"][9]["outputs"][1], 0.9);
}

TEST_F(Importance, DependenceNamesTheNearestFeature) {
  const Outcome refused = run("dependence", {"--feature", "signl"});
  EXPECT_EQ(refused.exit_code, 3);
  EXPECT_THAT(refused.err, HasSubstr("the model has no feature \"signl\"\n  nearest: \"signal\""));
}

}  // namespace
}  // namespace thrum::test
