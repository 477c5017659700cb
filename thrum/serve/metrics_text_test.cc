#include "thrum/serve/metrics_text_internal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <regex>
#include <set>
#include <sstream>
#include <string>

#include "thrum/serve/fake_predictor_test.h"

namespace thrum::serving {
namespace {

using testing::HasSubstr;
using testing::Not;

/// A scoreboard with one worker, this process.
class MetricsText : public testing::Test {
 protected:
  MetricsText() {
    board_.head().n_used_seats = 1;
    seat_.ready_pid = getpid();
  }

  std::string text() const { return metrics_text(board_, models_); }

  Scoreboard board_;
  Scoreboard::Seat& seat_ = board_.seat(0);
  std::vector<ServedModel> models_ = fake_models(people_schema(Task::regression));
};

TEST_F(MetricsText, AddsUpTheBucketsOfTheHistogram) {
  seat_.latency[0].add(2);
  seat_.latency[3].add(5);
  seat_.latency[n_latency_buckets - 1].add(1);
  seat_.latency_ns.add(20250000000);
  EXPECT_THAT(text(), HasSubstr("# TYPE thrum_http_request_duration_seconds histogram\n"
                                "thrum_http_request_duration_seconds_bucket{le=\"5e-05\"} 2\n"
                                "thrum_http_request_duration_seconds_bucket{le=\"0.0001\"} 2\n"));
  EXPECT_THAT(text(), HasSubstr("{le=\"0.0005\"} 7\n"));
  EXPECT_THAT(text(), HasSubstr("{le=\"10\"} 7\n"
                                "thrum_http_request_duration_seconds_bucket{le=\"+Inf\"} 8\n"
                                "thrum_http_request_duration_seconds_sum 20.25\n"
                                "thrum_http_request_duration_seconds_count 8\n"));
}

TEST_F(MetricsText, TellsWhatWasCounted) {
  seat_.responses[1].add(7);
  seat_.responses[4].add(1);
  seat_.request_bytes.add(98);
  seat_.body_bytes.add(99);
  seat_.connections.add(5);
  seat_.ended[static_cast<std::size_t>(ConnectionEnd::body_timeout)].add(2);
  seat_.in_flight.add(1);
  board_.head().restarts[static_cast<std::size_t>(RestartReason::timeout)].add(3);
  board_.head().reloads.add(4);
  board_.head().loaded_at = 1795753366;
  board_.routes().find_or_add("/v2/models/{model}", "200")->requests = 6;
  board_.models().find_or_add("people", "1")->count_prediction(2, 9, 500000000);
  models_[0].n_bytes = 896;
  for (const std::string line :
       {"thrum_http_requests_total{code=\"2xx\"} 7", "thrum_http_requests_total{code=\"5xx\"} 1",
        "thrum_http_requests_total{code=\"4xx\"} 0", "thrum_http_request_bytes_total 98",
        "thrum_http_response_bytes_total 99", "thrum_worker_restarts_total{reason=\"timeout\"} 3",
        "thrum_http_route_requests_total{route=\"/v2/models/{model}\",code=\"200\"} 6",
        "thrum_reloads_total{result=\"done\"} 4", "thrum_reloads_total{result=\"failed\"} 0",
        "thrum_loaded_timestamp_seconds 1795753366", "thrum_connections_ended_total{reason=\"body_timeout\"} 2",
        "thrum_workers 1", "thrum_connections 5", "thrum_http_requests_in_flight 1",
        "thrum_inference_requests_total{model=\"people\",version=\"1\"} 2",
        "thrum_inference_rows_total{model=\"people\",version=\"1\"} 9",
        "thrum_inference_executions_total{model=\"people\",version=\"1\"} 1",
        "thrum_inference_compute_seconds_total{model=\"people\",version=\"1\"} 0.5",
        "thrum_model_bytes{model=\"people\",version=\"1\"} 896"}) {
    EXPECT_THAT(text(), HasSubstr("\n" + line + "\n"));
  }
  EXPECT_THAT(text(), testing::ContainsRegex("thrum_build_info\\{version=\"[0-9.]+\"\\} 1\n"));
  EXPECT_THAT(text(), testing::ContainsRegex("thrum_worker_resident_bytes\\{worker=\"0\"\\} [0-9]{6,}\n"));
  EXPECT_THAT(text(), testing::ContainsRegex("thrum_worker_heartbeat_age_seconds\\{worker=\"0\"\\} [0-9.]+\n"));
  seat_.vacate();
  EXPECT_THAT(text(), Not(HasSubstr("worker=\"0\"")));
}

TEST_F(MetricsText, EscapesTheNamesOfModels) {
  models_[0].name = "a\"b\\c\nd";
  EXPECT_THAT(text(), HasSubstr(R"(thrum_model_info{model="a\"b\\c\nd",version="1"} 1)"));
  models_.clear();
  EXPECT_THAT(text(), Not(HasSubstr("thrum_model_info")));
}

/// What `promtool check metrics` looks at.
TEST_F(MetricsText, IsAsPrometheusWantsIt) {
  board_.routes().find_or_add("/predict", "200")->requests = 1;
  board_.models().find_or_add("people", "1")->count_prediction(1, 1, 1);
  const std::regex help("# HELP (thrum_[a-z0-9_]+) [A-Z1].*\\."),
      type("# TYPE (thrum_[a-z0-9_]+) (counter|gauge|histogram)");
  const std::regex sample(R"re(((thrum_[a-z0-9_]+?)(_bucket|_sum|_count)?(\{([a-z]+="[^"]*",?)+\})?) [0-9.e+-]+)re");
  std::set<std::string> families, samples;
  std::string family, kind;
  std::istringstream lines(text());
  for (std::string line; std::getline(lines, line);) {
    std::smatch match;
    if (std::regex_match(line, match, help)) {
      family = match[1];
      EXPECT_TRUE(families.insert(family).second) << line;
    } else if (std::regex_match(line, match, type)) {
      EXPECT_EQ(match[1], family);
      kind = match[2];
      EXPECT_EQ(family.ends_with("_total"), kind == "counter") << line;
    } else {
      ASSERT_TRUE(std::regex_match(line, match, sample)) << line;
      EXPECT_EQ(match[2], family) << line;
      EXPECT_EQ(match[3].matched, kind == "histogram") << line;
      EXPECT_TRUE(samples.insert(match[1]).second) << line;
    }
  }
  EXPECT_GE(families.size(), 20u);
}

}  // namespace
}  // namespace thrum::serving
