// Requests that are predicted together get what each would get alone.
#include "thrum/serve/gathering_internal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "thrum/serve/fake_predictor_test.h"
#include "thrum/serve/http_session.h"
#include "thrum/serve/router_internal.h"
#include "thrum/serve/server_fixture_test.h"
#include "thrum/serve/server_load_test.h"

namespace thrum {
namespace {

using testing::EndsWith;

/// Knows how often it was asked.
class CountingPredictor final : public FakePredictor {
 public:
  using FakePredictor::FakePredictor;

  void predict(MatrixView<const double> rows, MatrixView<double> outputs) const noexcept override {
    ++n_calls_;
    FakePredictor::predict(rows, outputs);
  }
  int n_calls() const noexcept { return n_calls_; }

 private:
  mutable int n_calls_ = 0;
};

class Gathering : public testing::Test {
 protected:
  Gathering() {
    auto predictor = std::make_unique<CountingPredictor>(people_schema(Task::classification));
    predictor_ = predictor.get();
    models_.push_back({"people", "1", std::move(predictor)});
    router_ = std::make_unique<serving::Router>(models_, 100);
  }

  static HttpRequest post(std::string_view path, std::string_view body, std::string_view type = "") {
    return {.method = HttpMethod::post, .path = path, .content_type = type, .body = body};
  }
  static std::string instances(int age) {
    return R"({"instances":[{"age":)" + std::to_string(age) + R"(,"work class":"1","hours":0}]})";
  }

  const CountingPredictor* predictor_ = nullptr;
  std::vector<serving::ServedModel> models_;
  std::unique_ptr<serving::Router> router_;
};

TEST_F(Gathering, AnswersAllProtocolsFromOneCallWithTheBytesOfEachAlone) {
  const std::string one = instances(8), other = instances(16);
  const std::vector<HttpRequest> requests = {
      post("/predict", one),
      post("/predict", R"({"instances":[[8,"1",0],[16,"Private",0.25],[24,null,0]]})"),
      post("/v1/models/people:predict", other),
      post("/v1/models/people:predict",
           R"({"signature_name":"predict_proba","inputs":{"age":[1],"work class":["1"],"hours":[0]}})"),
      post(
          "/v2/models/people/infer",
          R"({"id":"a name longer than a short text","inputs":[{"name":"age","shape":[1],"datatype":"FP64","data":[3]},)"
          R"({"name":"work class","shape":[1],"datatype":"BYTES","data":["1"]},)"
          R"({"name":"hours","shape":[1],"datatype":"FP64","data":[0]}]})"),
      post("/invocations", R"({"dataframe_split":{"columns":["age","work class","hours"],"data":[[5,"1",0]]}})"),
      post("/invocations", "age,work class,hours\n6,1,0\n7,1,0\n", "text/csv")};
  std::vector<HttpResponse> alone;
  for (const HttpRequest& request : requests) alone.push_back(router_->handle(request));
  const int n_before = predictor_->n_calls();
  for (const HttpRequest& request : requests) EXPECT_EQ(router_->handle_or_gather(request), nullptr) << request.path;
  router_->predict_gathered();
  EXPECT_EQ(predictor_->n_calls(), n_before + 1);
  for (std::size_t i = 0; i < requests.size(); ++i) {
    const HttpResponse& together = router_->gathered_answer(i, requests[i]);
    EXPECT_EQ(together.status, 200);
    EXPECT_EQ(together.body, alone[i].body);
    EXPECT_EQ(together.content_type, alone[i].content_type);
  }
}

TEST_F(Gathering, AnswersAtOnceWhatTheModelIsNotAskedOrAskedForMore) {
  const std::string explained = R"({"instances":[[8,"1",0]],"explain":true})";
  for (const auto& [request, status] : std::vector<std::pair<HttpRequest, int>>{
           {{.path = "/health"}, 200}, {post("/predict", "{"), 400}, {post("/predict", explained), 200}}) {
    const HttpResponse* response = router_->handle_or_gather(request);
    ASSERT_NE(response, nullptr) << request.path;
    EXPECT_EQ(response->status, status);
  }
}

TEST_F(Gathering, TakesNewRequestsWhileItAnswers) {
  const std::string one = instances(8), other = instances(16);
  EXPECT_EQ(router_->handle_or_gather(post("/predict", one)), nullptr);
  router_->predict_gathered();
  EXPECT_EQ(router_->handle_or_gather(post("/predict", other)), nullptr);
  EXPECT_EQ(router_->gathered_answer(0, post("/predict", one)).body, prediction(8));
  router_->predict_gathered();
  EXPECT_EQ(router_->gathered_answer(0, post("/predict", other)).body, prediction(16));
}

TEST_F(Gathering, KeepsTheOrderOfASessionsRequests) {
  HttpSession::Context context{*router_};
  context.may_wait = true;
  context.turn = std::chrono::hours(1);
  HttpSession session(context);
  const std::string bytes = ask_for(8) + get("/health") + ask_for(16);
  std::size_t n_taken = session.receive(bytes);
  EXPECT_EQ(n_taken, ask_for(8).size()) << "the next one waits";
  EXPECT_TRUE(session.waits());
  EXPECT_EQ(session.unsent(), "");
  router_->predict_gathered();
  session.answer_gathered(0);
  n_taken += session.receive(std::string_view(bytes).substr(n_taken));
  EXPECT_EQ(n_taken, bytes.size());
  router_->predict_gathered();
  session.answer_gathered(0);
  EXPECT_FALSE(session.waits());
  const std::string replies(session.unsent());
  EXPECT_LT(replies.find(prediction(8)), replies.find(R"({"status":"ok"})"));
  EXPECT_THAT(replies, EndsWith(prediction(16)));
}

TEST(BatchingServer, AnswersManyConnectionsRightly) {
  const TestServer server({"workers=2", "batch_max_size=8", "batch_max_delay_us=300"});
  TestLoad load(server.port(), 32);
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(load.goes_on_for_everyone());
  load.stop();
  EXPECT_EQ(load.n_lost() + load.n_wrong() + load.n_broken(), 0);
}

TEST(BatchingServer, AnswersPipelinedRequestsInTheirOrder) {
  for (const char* delay : {"batch_max_delay_us=0", "batch_max_delay_us=1000"}) {
    const TestServer server({"batch_max_size=4", delay});
    TestClient client(server.port());
    std::string bytes;
    for (int age = 1; age <= 20; ++age) bytes += ask_for(age);
    client.send(bytes);
    for (int age = 1; age <= 20; ++age) EXPECT_THAT(client.reply(), EndsWith(prediction(age)));
  }
}

TEST(BatchingServer, AnswersAClientThatHasShutDownItsSideAndOneThatIsAlone) {
  const TestServer server({"batch_max_size=1000", "batch_max_delay_us=20000"}, "model");
  TestClient client(server.port());
  client.send(ask_for(8));
  client.shut_down();
  EXPECT_THAT(client.reply(), testing::StartsWith("HTTP/1.1 200"));
  EXPECT_TRUE(client.is_closed());
}

TEST(BatchingServer, AnswersWhatHasGatheredOnTerm) {
  TestServer server({"batch_max_size=1000", "batch_max_delay_us=200000"});
  TestClient client(server.port());
  client.send(ask_for(8));
  server.signal(SIGTERM);
  EXPECT_THAT(client.reply(), EndsWith(prediction(8)));
  EXPECT_EQ(server.wait_for_exit(), 0);
}

}  // namespace
}  // namespace thrum
