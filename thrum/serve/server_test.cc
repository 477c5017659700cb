#include "thrum/serve/server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <string>
#include <thread>
#include <vector>

#include "thrum/core/error.h"
#include "thrum/runtime/memfd.h"
#include "thrum/serve/router_internal.h"
#include "thrum/serve/server_fixture_test.h"
#include "thrum/serve/worker_process_internal.h"

namespace thrum {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

TEST(Server, AnswersClientsInParallel) {
  const TestServer server({"workers=2"});
  std::vector<int> n_right(8);
  std::vector<std::thread> clients;
  clients.reserve(n_right.size());
  for (int& right : n_right) {
    clients.emplace_back([&right, &server] {
      TestClient client(server.port());
      for (int age = 0; age < 64; ++age) right += client.ask(ask_for(age)).ends_with("\r\n\r\n" + prediction(age));
    });
  }
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(n_right, std::vector<int>(8, 64));
}

TEST(Server, AnswersAsTheModelPredicts) {
  const TestServer server({}, "model");
  EXPECT_TRUE(server.log_comes_to_have("Serving logistic-regression, 3 features, "));
  const SharedBytes image(share_bytes("model", people_model()->compile()).get());
  std::vector<serving::ServedModel> models;
  models.push_back({"model", "1", open_predictor(image.bytes())});
  serving::Router router(models, 10);
  const std::string body = R"({"instances":[[39,"Private",45],[null,"nobody",13.5],[20,"State-gov",null]]})";
  HttpRequest request{.method = HttpMethod::post, .path = "/predict", .body = body};
  const std::string expected = router.handle(request).body;
  EXPECT_THAT(TestClient(server.port())
                  .ask("POST /predict HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(body.size()) +
                       "\r\n\r\n" + body),
              EndsWith("\r\n\r\n" + expected));
}

TEST(Server, CountsTheRequestsOfAllWorkers) {
  const TestServer server({"workers=2"}, "model");
  for (int age = 0; age < 20; ++age) TestClient(server.port()).ask(ask_for(age));
  TestClient(server.port()).ask(get("/nowhere"));
  // One more 2xx: the fixture has asked for the health.
  const std::string reply = TestClient(server.port()).ask(get("/metrics"));
  EXPECT_THAT(reply, HasSubstr("\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n"));
  EXPECT_THAT(reply, HasSubstr("\nthrum_http_requests_total{code=\"2xx\"} 21\n"));
  EXPECT_THAT(reply, HasSubstr("\nthrum_http_requests_total{code=\"4xx\"} 1\n"));
  EXPECT_THAT(reply, HasSubstr("\nthrum_http_route_requests_total{route=\"/predict\",code=\"200\"} 20\n"));
  EXPECT_THAT(reply, HasSubstr("\nthrum_http_route_requests_total{route=\"none\",code=\"404\"} 1\n"));
  EXPECT_THAT(reply, HasSubstr("\nthrum_http_request_duration_seconds_count 22\n"));
  EXPECT_THAT(reply, HasSubstr("\nthrum_http_requests_in_flight 1\n"));
}

TEST(Server, AnswersWithoutAModel) {
  const TestServer server({}, "none");
  EXPECT_THAT(TestClient(server.port()).ask(get("/v2/health/ready")), HasSubstr("200 OK"));
  EXPECT_THAT(TestClient(server.port()).ask(ask_for(8)), StartsWith("HTTP/1.1 404 Not Found\r\n"));
}

TEST(Server, SaysThatMainMustCallInit) {
  TestServer server({}, "lost");
  EXPECT_EQ(server.wait_for_exit(), 3);
  EXPECT_THAT(server.log(), HasSubstr("[serve] a worker process came as far as serve(); call init(argc, argv) of the "
                                      "server before, and after its routes are there"));
}

TEST(Server, AnswersPipelinedRequestsInOrder) {
  const TestServer server;
  TestClient client(server.port());
  std::string requests;
  for (int age = 0; age < 640; ++age) requests += ask_for(age % 64);
  std::thread sender([&] { client.send(requests); });
  for (int age = 0; age < 640; ++age) EXPECT_THAT(client.reply(), EndsWith(prediction(age % 64))) << age;
  sender.join();
}

TEST(Server, AnswersWhatCameBeforeTheClientShutItsSide) {
  const TestServer server;
  TestClient client(server.port());
  client.send(ask_for(16) + ask_for(32));
  client.shut_down();
  EXPECT_THAT(client.reply(), EndsWith(prediction(16)));
  EXPECT_THAT(client.reply(), EndsWith(prediction(32)));
  EXPECT_TRUE(client.is_closed());
}

TEST(Server, SlowClientsHoldUpNobody) {
  const TestServer server({"header_timeout=30", "body_timeout=30"});
  std::vector<TestClient> slow;
  for (int i = 0; i < 200; ++i) {
    slow.emplace_back(server.port());
    slow.back().send(i % 2 == 0 ? "GET / HTTP/1.1\r\nHo"
                                : "POST /predict HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n{");
  }
  TestClient client(server.port());
  for (int age = 0; age < 64; ++age) EXPECT_THAT(client.ask(ask_for(age)), EndsWith(prediction(age)));
  for (TestClient& late : slow) late.shut_down();
  EXPECT_THAT(slow.back().reply(), HasSubstr("the connection ended inside a request"));
}

/// As the server counts them; of those that are open, that of the question included.
std::string connections(const TestServer& server, const std::string& metric = "thrum_connections") {
  const std::string reply = TestClient(server.port()).ask(get("/metrics"));
  const std::string name = "\n" + metric + " ";
  const std::size_t begin = reply.find(name) + name.size();
  return reply.substr(begin, reply.find('\n', begin) - begin);
}

TEST(Server, ForgetsClientsThatVanish) {
  const TestServer server;
  {
    std::vector<TestClient> clients;
    for (int i = 0; i < 50; ++i) {
      clients.emplace_back(server.port());
      clients.back().send("POST /predict HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n{");
    }
    EXPECT_TRUE(becomes_true([&] { return connections(server) == "51"; })) << connections(server);
    for (std::size_t i = 0; i < clients.size(); i += 2) clients[i].vanish();
  }
  EXPECT_TRUE(becomes_true([&] { return connections(server) == "1"; })) << connections(server);
  EXPECT_THAT(TestClient(server.port()).ask(ask_for(8)), EndsWith(prediction(8)));
}

TEST(Server, AnswersRequestsThatComeByteByByte) {
  const TestServer server;
  TestClient client(server.port());
  for (const char byte : ask_for(12)) client.send({&byte, 1});
  EXPECT_THAT(client.reply(), EndsWith(prediction(12)));
}

TEST(Server, EndsSlowHeads) {
  const TestServer server({"header_timeout=0.2"});
  TestClient client(server.port());
  EXPECT_THAT(client.ask("GET / HTTP/1.1\r\nHost:"),
              testing::AllOf(StartsWith("HTTP/1.1 408 Request Timeout\r\n"),
                             HasSubstr("the head of the request did not come in time")));
  EXPECT_TRUE(client.is_closed());
  EXPECT_EQ(connections(server, "thrum_connections_ended_total{reason=\"head_timeout\"}"), "1");
}

TEST(Server, EndsSlowBodies) {
  const TestServer server({"body_timeout=0.2"});
  TestClient client(server.port());
  EXPECT_THAT(client.ask("POST /predict HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n{"),
              testing::AllOf(StartsWith("HTTP/1.1 408 Request Timeout\r\n"),
                             HasSubstr("the body of the request did not come in time")));
  EXPECT_TRUE(client.is_closed());
  EXPECT_EQ(connections(server, "thrum_connections_ended_total{reason=\"body_timeout\"}"), "1");
}

TEST(Server, EndsARequestThatTakesTooLongAsAWhole) {
  const TestServer server({"request_timeout=0.2"});
  TestClient slow(server.port());
  EXPECT_THAT(slow.ask("POST /predict HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n{"),
              StartsWith("HTTP/1.1 408 Request Timeout\r\n"));
  TestClient deaf(server.port());
  std::string requests;
  for (int i = 0; i < 400000; ++i) requests += get("/");
  deaf.send(requests);  // ends when the server lets go
  TestClient client(server.port());
  EXPECT_THAT(client.ask(get("/health")), StartsWith("HTTP/1.1 200"));
}

TEST(Server, EndsIdleConnectionsWithoutAWord) {
  const TestServer server({"keep_alive=0.2"});
  TestClient client(server.port());
  EXPECT_THAT(client.ask(get("/health")), StartsWith("HTTP/1.1 200"));
  EXPECT_TRUE(client.is_closed());
}

TEST(Server, DropsAClientThatDoesNotRead) {
  const TestServer server({"body_timeout=0.2"});
  TestClient client(server.port());
  std::string requests;
  for (int i = 0; i < 400000; ++i) requests += get("/");
  client.send(requests);  // ends when the server lets go
  EXPECT_THAT(TestClient(server.port()).ask(get("/health")), StartsWith("HTTP/1.1 200"));
  EXPECT_EQ(connections(server, "thrum_connections_ended_total{reason=\"reply_timeout\"}"), "1");
}

TEST(Server, RefusesMoreConnectionsThanItHolds) {
  const TestServer server({"worker_connections=2"});
  TestClient first(server.port());
  TestClient second(server.port());
  EXPECT_THAT(first.ask(get("/health")), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(second.ask(get("/health")), StartsWith("HTTP/1.1 200"));
  TestClient third(server.port());
  EXPECT_THAT(third.ask(get("/health")),
              testing::AllOf(StartsWith("HTTP/1.1 503 Service Unavailable\r\n"), HasSubstr("\r\nRetry-After: 1\r\n")));
  EXPECT_TRUE(third.is_closed());
  EXPECT_THAT(first.ask(get("/health")), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(first.ask(get("/metrics")), HasSubstr("\nthrum_connections_ended_total{reason=\"limit\"} 1\n"));
}

TEST(Server, RefusesATooLargeBodyAndIsHeard) {
  const TestServer server({"limit_request_body=100000"});
  TestClient client(server.port());
  std::thread sender([&] {
    client.send("POST /predict HTTP/1.1\r\nHost: a\r\nContent-Length: 900000\r\n\r\n" + std::string(900000, ' '));
  });
  EXPECT_THAT(client.reply(), StartsWith("HTTP/1.1 413 Content Too Large\r\n"));
  sender.join();
  EXPECT_THAT(TestClient(server.port()).ask(ask_for(8)), EndsWith(prediction(8)));
}

TEST(Server, TellsOfMalformedRequestsAndGoesOn) {
  const TestServer server;
  EXPECT_THAT(TestClient(server.port()).ask("\x16\x03\x01\n"), StartsWith("HTTP/1.1 400 Bad Request\r\n"));
  TestClient client(server.port());
  EXPECT_THAT(client.ask("POST /predict HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n{"),
              StartsWith("HTTP/1.1 400 Bad Request\r\n"));
  EXPECT_THAT(client.ask(ask_for(8)), EndsWith(prediction(8)));
}

TEST(WorkerOrders, ReadsWhatItWrote) {
  serving::WorkerOrders orders;
  orders.seat = 3;
  orders.options.bind = "[::1]:80";
  orders.options.keep_alive = 0.1;
  EXPECT_EQ(serving::WorkerOrders::parse(orders.arguments()).arguments(), orders.arguments());
  EXPECT_THAT(orders.arguments(), testing::Contains("keep_alive=0.1"));
  EXPECT_THROW(serving::WorkerOrders::parse(std::vector<std::string>{"seat"}), Error);
  EXPECT_THROW(serving::WorkerOrders::parse(std::vector<std::string>{"seats=1"}), Error);
}

TEST(ServeOptions, HaveTheirDefaultsInTheirRanges) {
  const ServeOptions defaults;
  for (const OptionField& field : serve_option_fields()) {
    ServeOptions options;
    EXPECT_NO_THROW(field.set(&options, field.get(&defaults))) << field.name;
  }
}

}  // namespace
}  // namespace thrum
