// Rows of queries: a score is learned that puts them in order, and judged by the NDCG.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "tests/cli/thrum_process.h"

namespace thrum::test {
namespace {

using nlohmann::json;
using testing::HasSubstr;

class Rankings : public testing::Test {
 protected:
  /// 40 queries of 10 rows, one after the other in each tenth of the file; x says how relevant a row is.
  std::string rows(const std::string& label_of_third = "2", const std::string& query_of_third = "2") const {
    std::string text = "x,noise,relevance,query\n";
    for (int i = 0; i < 400; ++i) {
      const int x = i * 37 % 100;
      const std::string label = i == 2 ? label_of_third : std::to_string(x / 34);
      const std::string query = i == 2 ? query_of_third : std::to_string(i % 40);
      text += fmt::format("{},{},{},{}\n", x, i * 13 % 7, label, query);
    }
    return text;
  }
  Outcome train(std::vector<std::string> flags, const std::string& input) const {
    std::vector<std::string> arguments = {"train", "gbdt", "-", "--target", "relevance", "-o", model};
    arguments.insert(arguments.end(), flags.begin(), flags.end());
    return run_thrum(arguments, {.input = input});
  }

  TemporaryFolder folder;
  const std::string model = folder.file("model.thrum");
};

TEST_F(Rankings, AreLearnedAndJudgedByQuery) {
  const Outcome run = train({"--query", "query", "--n-estimators", "20", "--valid", "0.25", "--json"}, rows());
  ASSERT_EQ(run.exit_code, 0) << run.err;
  const json report = json::parse(run.out);
  EXPECT_EQ(report["features"], 2);
  EXPECT_EQ(report["valid"]["rows"], 100);  // whole queries
  EXPECT_GT(report["valid"]["metrics"]["ndcg@10"], 0.95);
  EXPECT_EQ(json::parse(run_thrum({"inspect", model, "--json"}).out)["target"]["query"], "query");
  const Outcome gate = run_thrum({"evaluate", model, "-", "--min", "ndcg@5=0.95"}, {.input = rows()});
  EXPECT_EQ(gate.exit_code, 0) << gate.err;
  EXPECT_THAT(gate.out, HasSubstr("ndcg@10"));
  EXPECT_THAT(run_thrum({"predict", model, "-"}, {.input = "x,noise\n5,1\n"}).out, HasSubstr("prediction\n"));
  EXPECT_THAT(run_thrum({"explain", model, "-"}, {.input = rows()}).out, HasSubstr("relevance is predicted as"));
  const Outcome importance = run_thrum({"importance", model, "-", "--repeats", "1"}, {.input = rows()});
  EXPECT_THAT(importance.out, HasSubstr("ndcg@10 worse by")) << importance.err;
  EXPECT_THAT(run_thrum({"importance", model, "-", "--repeats", "1", "--metric", "ndcg@1"}, {.input = rows()}).out,
              HasSubstr("ndcg@1 worse by"));
  EXPECT_THAT(run_thrum({"inspect", model}).out, HasSubstr("trained on 300 rows: 1 - ndcg@10 0"));
  EXPECT_EQ(run_thrum({"importance", model, "-", "--metric", "r2"}, {.input = rows()}).err,
            "thrum: error: [importance] --metric: r2 is no score of a ranking\n");
}

TEST_F(Rankings, HaveTheSameModelForAnyThreadsAndRanks) {
  const std::vector<std::string> flags = {"--query", "query", "--n-estimators", "5", "--valid", "0.25"};
  std::string one;
  for (const std::vector<std::string>& split :
       {std::vector<std::string>{"--threads", "1"}, {"--threads", "5"}, {"--threads", "2", "--ranks", "3"}}) {
    std::vector<std::string> all = flags;
    all.insert(all.end(), split.begin(), split.end());
    const Outcome run = train(all, rows());
    ASSERT_EQ(run.exit_code, 0) << run.err;
    if (one.empty()) one = read_text(model);
    EXPECT_TRUE(read_text(model) == one) << testing::PrintToString(split);
  }
}

TEST_F(Rankings, SayWhatIsWrongWithTheirRows) {
  const auto refusal = [&](const std::vector<std::string>& flags, const std::string& input) {
    const Outcome run = train(flags, input);
    EXPECT_EQ(run.exit_code, 3) << run.err;
    return run.err;
  };
  const std::vector<std::string> by_query = {"--query", "query"};
  EXPECT_THAT(refusal({"--objective", "lambdarank"}, rows()), HasSubstr("a ranking needs a column of queries\n"));
  EXPECT_THAT(refusal({"--query", "nosuch"}, rows()), HasSubstr("nosuch"));
  EXPECT_THAT(refusal(by_query, rows("-1")), HasSubstr("\n  the labels of a ranking are whole numbers from 0 to 31\n"));
  EXPECT_THAT(refusal(by_query, rows("-1")), HasSubstr("target \"relevance\" is -1 in row 3"));
  EXPECT_THAT(refusal(by_query, rows("0.5")), HasSubstr("target \"relevance\" is 0.5 in row 3"));
  EXPECT_THAT(refusal(by_query, rows("32")), HasSubstr("target \"relevance\" is 32 in row 3"));
  EXPECT_THAT(refusal(by_query, rows("good")), HasSubstr("target \"relevance\" holds text, a ranking needs numbers"));
  EXPECT_THAT(refusal(by_query, rows("2", "")), HasSubstr("query \"query\" is missing in row 3"));
  EXPECT_THAT(refusal(by_query, "x,relevance,query\n1,1,a\n2,0,b\n3,1,c\n"),
              HasSubstr("expected a query of \"query\" with rows of different \"relevance\", there is none"));
  EXPECT_EQ(train({"--query", "query"}, "x,relevance,query\n1,1,a\n2,0,a\n3,1,alone\n").exit_code, 0);
  EXPECT_THAT(refusal({"--query", "query", "--valid", "0.5"}, "x,relevance,query\n1,1,a\n2,0,a\n"),
              HasSubstr("[train] \"query\" has the same value in every row: a single query cannot be split\n"
                        "  whole queries are held out, give rows of two or more\n"));
}

}  // namespace
}  // namespace thrum::test
