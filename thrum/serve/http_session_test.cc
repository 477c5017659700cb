#include "thrum/serve/http_session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "thrum/serve/fake_predictor_test.h"
#include "thrum/serve/router_internal.h"

namespace thrum {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

/// The text with every date replaced by "DATE".
std::string without_dates(std::string text) {
  constexpr std::string_view field = "\r\nDate: ";
  for (std::size_t at = text.find(field); at != std::string::npos; at = text.find(field, at + 1)) {
    const std::size_t begin = at + field.size();
    text.replace(begin, text.find("\r\n", begin) - begin, "DATE");
  }
  return text;
}

std::string request(const std::string& line, const std::string& body = "", const std::string& fields = "") {
  std::string text = line + " HTTP/1.1\r\nHost: a\r\n" + fields;
  if (!body.empty()) text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  return text + "\r\n" + body;
}

class HttpSessionTest : public testing::Test {
 protected:
  /// What the session has to send, which it now has sent.
  std::string take_replies() {
    std::string replies = without_dates(std::string(session.unsent()));
    session.sent(session.unsent().size());
    return replies;
  }

  std::string reply_to(std::string_view bytes) {
    EXPECT_EQ(session.receive(bytes), bytes.size());
    return take_replies();
  }

  std::vector<serving::ServedModel> models = fake_models(people_schema(Task::classification));
  serving::Router router{models, 100000};
  HttpSession::Context context{.handler = router, .turn = std::chrono::hours(1)};
  HttpSession session{context};
};

TEST_F(HttpSessionTest, AnswersAPrediction) {
  EXPECT_EQ(
      reply_to(request("POST /predict?x=1", R"({"instances":[[16,"1",0]]})")),
      "HTTP/1.1 200 OK\r\nServer: thrum\r\nDate: DATE\r\nContent-Type: application/json\r\nContent-Length: 82\r\n\r\n"
      R"({"predictions":["<=50K"],"probabilities":[[0.75,0.25]],"classes":["<=50K",">50K"]})");
  EXPECT_EQ(session.phase(), HttpSession::Phase::idle);
}

TEST_F(HttpSessionTest, DatesItsReplies) {
  session.receive(request("GET /health"));
  EXPECT_THAT(std::string(session.unsent()),
              testing::ContainsRegex("Date: [A-Z][a-z][a-z], [0-9][0-9] [A-Z][a-z][a-z] 20[0-9][0-9] "
                                     "[0-9][0-9]:[0-9][0-9]:[0-9][0-9] GMT\r\n"));
}

TEST_F(HttpSessionTest, TellsItsHealth) {
  EXPECT_THAT(reply_to(request("GET /health")), EndsWith("\r\n\r\n{\"status\":\"ok\"}"));
  EXPECT_THAT(reply_to(request("GET /v2/health/live")), EndsWith("\r\n\r\n{\"live\":true}"));
  EXPECT_THAT(reply_to(request("GET /v2/health/ready")), EndsWith("\r\n\r\n{\"ready\":true,\"live\":true}"));
  router.set_draining();
  EXPECT_THAT(reply_to(request("GET /v2/health/ready")), StartsWith("HTTP/1.1 503 Service Unavailable\r\n"));
  EXPECT_THAT(reply_to(request("GET /")), HasSubstr(R"({"name":"thrum","routes":["POST /predict",)"));
}

TEST_F(HttpSessionTest, GivesTheRequestIdBack) {
  EXPECT_THAT(reply_to(request("GET /health", "", "X-Request-Id: 7f-1\r\n")), HasSubstr("\r\nX-Request-Id: 7f-1\r\n"));
  EXPECT_THAT(reply_to(request("GET /health", "", "X-Request-Id: " + std::string(129, 'a') + "\r\n")),
              Not(HasSubstr("X-Request-Id")));
}

TEST_F(HttpSessionTest, HeadIsGetWithoutItsBody) {
  EXPECT_EQ(reply_to(request("HEAD /health")),
            "HTTP/1.1 200 OK\r\nServer: thrum\r\nDate: DATE\r\nContent-Type: application/json\r\nContent-Length: "
            "15\r\n\r\n");
}

TEST_F(HttpSessionTest, OptionsNamesTheMethods) {
  EXPECT_EQ(reply_to(request("OPTIONS /predict")),
            "HTTP/1.1 204 No Content\r\nServer: thrum\r\nDate: DATE\r\nAllow: POST, OPTIONS\r\n\r\n");
  EXPECT_THAT(reply_to(request("OPTIONS *")), HasSubstr("\r\nAllow: GET, HEAD, POST, OPTIONS\r\n"));
}

TEST_F(HttpSessionTest, RefusesOtherRoutesMethodsAndTypesAndStaysOpen) {
  EXPECT_THAT(
      reply_to(request("POST /predcit", "x")),
      testing::AllOf(StartsWith("HTTP/1.1 404 Not Found\r\n"),
                     EndsWith(R"({"error":{"code":"not_found","message":"[serve] there is no route \"/predcit\"",)"
                              R"("hint":"nearest: \"/predict\""}})")));
  EXPECT_THAT(
      reply_to(request("GET /predict")),
      testing::AllOf(StartsWith("HTTP/1.1 405 Method Not Allowed\r\n"), HasSubstr("\r\nAllow: POST, OPTIONS\r\n"),
                     HasSubstr("[serve] /predict takes POST, OPTIONS, got GET")));
  EXPECT_THAT(reply_to(request("DELETE /health")), HasSubstr("\r\nAllow: GET, HEAD, OPTIONS\r\n"));
  EXPECT_THAT(reply_to(request("POST /predict", "a,b", "Content-Type: text/csv\r\n")),
              testing::AllOf(StartsWith("HTTP/1.1 415 Unsupported Media Type\r\n"),
                             HasSubstr(R"([predict] expected Content-Type application/json, got \"text/csv\")")));
  EXPECT_THAT(reply_to(request("POST /predict", "x", "Content-Encoding: gzip\r\n")),
              HasSubstr(R"([predict] a body with Content-Encoding \"gzip\" is not read here)"));
  EXPECT_EQ(session.phase(), HttpSession::Phase::idle);
  EXPECT_EQ(session.n_requests(), 5u);
}

TEST_F(HttpSessionTest, TakesTheContentTypesOfJsonAndOfCurl) {
  const std::string body = R"({"instances":[[16,"1",0]]})";
  for (const std::string type :
       {"application/json", "Application/JSON; charset=utf-8", "application/x-www-form-urlencoded"}) {
    EXPECT_THAT(reply_to(request("POST /predict", body, "Content-Type: " + type + "\r\n")), StartsWith("HTTP/1.1 200"));
  }
}

TEST_F(HttpSessionTest, AFaultInTheBodyIsNoFaultOfTheConnection) {
  EXPECT_THAT(reply_to(request("POST /predict", "{")),
              testing::AllOf(StartsWith("HTTP/1.1 400 Bad Request\r\n"), HasSubstr(R"("code":"invalid_argument")"),
                             Not(HasSubstr("Connection: close"))));
  EXPECT_THAT(reply_to(request("GET /health")), StartsWith("HTTP/1.1 200"));
}

TEST_F(HttpSessionTest, AnswersPipelinedRequestsInOrder) {
  const std::string replies =
      reply_to(request("GET /health") + request("POST /predict", R"({"instances":[[16,"1",0]]})") +
               request("GET /nothing") + request("HEAD /health") + request("GET /v2/health/live"));
  std::size_t at = 0;
  for (const std::string_view part : {"ok", "predictions", "404", "15\r\n\r\nHTTP", "live"}) {
    at = replies.find(part, at);
    ASSERT_NE(at, std::string::npos) << part;
  }
}

TEST_F(HttpSessionTest, ClosesAfterAnErrorAndReadsNoMore) {
  const std::string replies = reply_to("BAD\r\n\r\n" + request("GET /health"));
  EXPECT_EQ(replies,
            "HTTP/1.1 400 Bad Request\r\nServer: thrum\r\nDate: DATE\r\nContent-Type: application/json\r\n"
            "Content-Length: 110\r\nConnection: close\r\n\r\n"
            R"({"error":{"code":"invalid_argument","message":"the request line is not \"METHOD target HTTP/1.1\"",)"
            R"("hint":""}})");
  EXPECT_EQ(session.phase(), HttpSession::Phase::closing);
  EXPECT_EQ(reply_to(request("GET /health")), "");
}

TEST_F(HttpSessionTest, ClosesWhereTheClientWantsIt) {
  EXPECT_THAT(reply_to(request("GET /health", "", "Connection: close\r\n") + request("GET /health")),
              testing::AllOf(HasSubstr("\r\nConnection: close\r\n"), EndsWith("{\"status\":\"ok\"}")));
  EXPECT_EQ(session.n_requests(), 1u);
  EXPECT_EQ(session.phase(), HttpSession::Phase::closing);
}

TEST_F(HttpSessionTest, KeepsAConnectionOfHttp10WhereAsked) {
  EXPECT_THAT(reply_to("GET /health HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"),
              HasSubstr("\r\nConnection: keep-alive\r\n"));
  EXPECT_EQ(session.phase(), HttpSession::Phase::idle);
  EXPECT_THAT(reply_to("GET /health HTTP/1.0\r\n\r\n"), HasSubstr("\r\nConnection: close\r\n"));
  EXPECT_EQ(session.phase(), HttpSession::Phase::closing);
}

TEST_F(HttpSessionTest, TellsAWaitingClientToContinue) {
  const std::string body = R"({"instances":[[16,"1",0]]})";
  const std::string head =
      "POST /predict HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: " + std::to_string(body.size()) +
      "\r\n\r\n";
  EXPECT_EQ(reply_to(head), "HTTP/1.1 100 Continue\r\n\r\n");
  EXPECT_EQ(session.phase(), HttpSession::Phase::body);
  EXPECT_THAT(reply_to(body), StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(reply_to(head + body), StartsWith("HTTP/1.1 200 OK\r\n")) << "it did not wait";
}

TEST_F(HttpSessionTest, RefusesATooLargeBodyInsteadOfContinuing) {
  EXPECT_THAT(reply_to("POST /predict HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 99999999\r\n\r\n"),
              StartsWith("HTTP/1.1 413 Content Too Large\r\n"));
  EXPECT_EQ(session.phase(), HttpSession::Phase::closing);
}

TEST_F(HttpSessionTest, EveryReplyClosesWhileDraining) {
  context.draining = true;
  EXPECT_THAT(reply_to(request("GET /health")), HasSubstr("\r\nConnection: close\r\n"));
  EXPECT_EQ(session.phase(), HttpSession::Phase::closing);
}

TEST_F(HttpSessionTest, RequestsWaitWhileTheClientDoesNotRead) {
  std::string many;
  for (int i = 0; i < 1000; ++i) many += request("GET /health");
  const std::size_t taken = session.receive(many);
  EXPECT_LT(taken, many.size());
  EXPECT_EQ(session.receive(std::string_view(many).substr(taken)), 0u);
  std::size_t at = taken;
  while (at < many.size()) {
    session.sent(session.unsent().size());
    at += session.receive(std::string_view(many).substr(at));
  }
  EXPECT_EQ(session.n_requests(), 1000u);
}

TEST_F(HttpSessionTest, LetsOthersBeAnsweredWhenItsTurnIsOver) {
  context.turn = std::chrono::milliseconds(0);
  const std::string one = request("GET /health");
  EXPECT_EQ(session.receive(one + one + one), one.size());
  EXPECT_EQ(session.receive(one + one), one.size());
  EXPECT_EQ(session.n_requests(), 2u);
}

TEST_F(HttpSessionTest, SendsWhatIsLeftAfterAPartialWrite) {
  session.receive(request("GET /health"));
  const std::string whole(session.unsent());
  session.sent(10);
  EXPECT_EQ(session.unsent(), std::string_view(whole).substr(10));
  session.sent(whole.size() - 10);
  EXPECT_EQ(session.unsent(), "");
}

TEST_F(HttpSessionTest, AnswersAHalfRequestAtTheEndOfInput) {
  session.receive("POST /predict HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n{");
  session.end_of_input();
  EXPECT_THAT(take_replies(), HasSubstr("the connection ended inside a request"));
  EXPECT_EQ(session.phase(), HttpSession::Phase::closing);
}

TEST_F(HttpSessionTest, EndsWithoutAWordBetweenRequests) {
  reply_to(request("GET /health"));
  session.end_of_input();
  EXPECT_EQ(session.unsent(), "");
  EXPECT_EQ(session.phase(), HttpSession::Phase::closing);
}

TEST_F(HttpSessionTest, RefusesWithARetryAfter) {
  session.refuse(HttpError(503, "busy"), 1);
  EXPECT_THAT(take_replies(),
              testing::AllOf(StartsWith("HTTP/1.1 503 Service Unavailable\r\n"), HasSubstr("\r\nRetry-After: 1\r\n"),
                             HasSubstr("\r\nConnection: close\r\n")));
}

/// Writes down what it sees.
class Witness : public RequestObserver {
 public:
  void on_request() noexcept override { seen += "request;"; }
  void on_answer(const Answer& answer) noexcept override {
    seen += std::string(answer.request == nullptr ? "none" : answer.request->path) + " from " +
            std::string(answer.peer) + ": " + std::to_string(answer.response.status) + ";";
  }
  std::string seen;
};

TEST_F(HttpSessionTest, ShowsRequestsAndRefusalsToItsObserver) {
  Witness witness;
  context.observer = &witness;
  HttpSession watched(context, "192.0.2.7");
  watched.receive(request("GET /health") + request("GET /nowhere") + "nonsense\r\n\r\n");
  EXPECT_EQ(witness.seen,
            "request;/health from 192.0.2.7: 200;request;/nowhere from 192.0.2.7: 404;none from 192.0.2.7: 400;");
}

}  // namespace
}  // namespace thrum
