#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/cli/thrum_process.h"

namespace thrum::test {
namespace {

using Json = nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;

const std::filesystem::path golden = std::filesystem::path(THRUM_SOURCE_DIR) / "tests/golden/foreign";

class Convert : public testing::Test {
 protected:
  Outcome convert(const std::string& file, std::vector<std::string> more = {}) {
    std::vector<std::string> words = {"convert", (golden / file).string(), "-o", model()};
    words.insert(words.end(), more.begin(), more.end());
    return run_thrum(words);
  }
  std::string model() const { return folder_.file("model.thrum"); }

  TemporaryFolder folder_;
};

TEST_F(Convert, MakesAModelThatPredictsAsLightgbmDid) {
  const Outcome run = convert("lgb-l2.txt");
  ASSERT_EQ(run.exit_code, 0) << run.err;
  EXPECT_EQ(run.err, model() + ": gbdt, predicts target from 4 features, converted from LightGBM v4\n");
  const Json expected = Json::parse(read_text(golden / "lgb-l2.expected.json"));
  std::string rows = "a,b,c,d\n";
  for (const Json& row : expected["rows"]) {
    for (std::size_t j = 0; j < 4; ++j) {
      rows += (row[j].is_null() ? "" : row[j].dump()) + (j < 3 ? "," : "\n");
    }
  }
  folder_.write("rows.csv", rows);
  const Outcome predicted = run_thrum({"predict", model(), folder_.file("rows.csv")});
  ASSERT_EQ(predicted.exit_code, 0) << predicted.err;
  std::istringstream lines(predicted.out);
  std::string line;
  std::getline(lines, line);
  for (const Json& value : expected["predictions"]) {
    std::getline(lines, line);
    EXPECT_EQ(std::stod(line), value.get<double>());
  }
}

TEST_F(Convert, ReportsTheKeysThatScriptsRelyOn) {
  const Outcome run = convert("xgb-softprob.ubj", {"--json", "--target", "grade", "--classes", "low,mid,top"});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  EXPECT_EQ(Json::parse(run.out), Json({{"schema", "thrum.convert/1"},
                                        {"algorithm", "gbdt"},
                                        {"target", "grade"},
                                        {"features", 4},
                                        {"iterations", 4},
                                        {"source", "converted from XGBoost 3.2.0"},
                                        {"model", model()}}));
  const Json card = Json::parse(run_thrum({"inspect", model(), "--json"}).out);
  EXPECT_THAT(card["target"]["classes"], ElementsAre("low", "mid", "top"));
}

TEST_F(Convert, EndsWithCode4ForWhatIsNoModel) {
  const Outcome run = convert("lgb-l2.expected.json");
  EXPECT_EQ(run.exit_code, 4);
  EXPECT_THAT(run.err, HasSubstr("the key \"learner\" is missing"));
  EXPECT_FALSE(std::filesystem::exists(model()));
}

}  // namespace
}  // namespace thrum::test
