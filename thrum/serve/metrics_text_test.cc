#include "thrum/serve/metrics_text_internal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "thrum/serve/fake_predictor_test.h"

namespace thrum::serving {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(MetricsText, AddsUpTheBucketsOfTheHistogram) {
  Metrics metrics;
  metrics.latency[0] = 2;
  metrics.latency[3] = 5;
  metrics.latency[n_latency_buckets - 1] = 1;
  metrics.latency_seconds = 20.25;
  const std::string text = metrics_text(metrics, {});
  EXPECT_THAT(text, HasSubstr("# TYPE thrum_http_request_duration_seconds histogram\n"
                              "thrum_http_request_duration_seconds_bucket{le=\"5e-05\"} 2\n"
                              "thrum_http_request_duration_seconds_bucket{le=\"0.0001\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("{le=\"0.0005\"} 7\n"));
  EXPECT_THAT(text, HasSubstr("{le=\"10\"} 7\n"
                              "thrum_http_request_duration_seconds_bucket{le=\"+Inf\"} 8\n"
                              "thrum_http_request_duration_seconds_sum 20.25\n"
                              "thrum_http_request_duration_seconds_count 8\n"));
}

TEST(MetricsText, TellsWhatWasCounted) {
  Metrics metrics;
  metrics.responses[1] = 7;
  metrics.responses[4] = 1;
  metrics.body_bytes = 99;
  metrics.restarts[static_cast<std::size_t>(RestartReason::timeout)] = 3;
  metrics.reloads = 4;
  metrics.workers = 2;
  metrics.connections = 5;
  metrics.in_flight = 1;
  const std::string text = metrics_text(metrics, {});
  for (const std::string line :
       {"thrum_http_requests_total{code=\"2xx\"} 7", "thrum_http_requests_total{code=\"5xx\"} 1",
        "thrum_http_requests_total{code=\"4xx\"} 0", "thrum_http_response_bytes_total 99",
        "thrum_worker_restarts_total{reason=\"timeout\"} 3", "thrum_reloads_total{result=\"done\"} 4",
        "thrum_reloads_total{result=\"failed\"} 0", "thrum_workers 2", "thrum_connections 5",
        "thrum_http_requests_in_flight 1"}) {
    EXPECT_THAT(text, HasSubstr("\n" + line + "\n"));
  }
  EXPECT_THAT(text, testing::ContainsRegex("thrum_build_info\\{version=\"[0-9.]+\"\\} 1\n"));
}

TEST(MetricsText, EscapesTheNamesOfModels) {
  std::vector<ServedModel> models = fake_models(people_schema(Task::regression));
  models[0].name = "a\"b\\c\nd";
  EXPECT_THAT(metrics_text({}, models), HasSubstr(R"(thrum_model_info{model="a\"b\\c\nd",version="1"} 1)"));
  EXPECT_THAT(metrics_text({}, {}), Not(HasSubstr("thrum_model_info")));
}

}  // namespace
}  // namespace thrum::serving
