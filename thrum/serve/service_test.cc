#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>

#include "thrum/core/log.h"
#include "thrum/serve/fake_predictor_test.h"
#include "thrum/serve/query.h"
#include "thrum/serve/server_fixture_test.h"
#include "thrum/serve/service_internal.h"

namespace thrum::serving {
namespace {

using testing::HasSubstr;

/// What the log says while it lives.
class LogText {
 public:
  LogText() {
    set_log_sink([this](LogLevel, std::string_view message) { text_ += message; });
  }
  ~LogText() { set_log_sink({}); }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

Routes own_routes() {
  Routes routes;
  routes.add(HttpMethod::get, "/square", [](const HttpRequest& request) {
    const double x = query_number(request.query, "x");
    return text_response(std::to_string(x * x));
  });
  routes.add(HttpMethod::get, "/throw", [](const HttpRequest&) -> HttpResponse { throw std::runtime_error("secret"); });
  routes.add(HttpMethod::get, "/split", [](const HttpRequest&) {
    return HttpResponse{.body = "", .content_type = "text/plain\r\nSet-Cookie: a=b"};
  });
  routes.add(HttpMethod::get, "/status", [](const HttpRequest&) { return HttpResponse{.status = 1000}; });
  return routes;
}

std::vector<ServedModel> a_model() {
  std::vector<ServedModel> models;
  models.push_back({"people", "1", std::make_unique<FakePredictor>(people_schema(Task::classification))});
  return models;
}

HttpResponse answer(RequestHandler& service, HttpMethod method, std::string_view path, std::string_view query = "",
                    std::string_view body = "") {
  HttpRequest request;
  request.method = method;
  request.path = path;
  request.query = query;
  request.body = body;
  return service.handle(request);
}

TEST(Service, AnswersWithTheProgramsRoutes) {
  Service service({}, own_routes(), {});
  const HttpResponse response = answer(service, HttpMethod::get, "/square", "x=1.5");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "2.250000");
  EXPECT_EQ(response.content_type, "text/plain; charset=utf-8");
}

TEST(Service, TellsAClientOfItsMistake) {
  Service service({}, own_routes(), {});
  const HttpResponse response = answer(service, HttpMethod::get, "/square", "x=abc");
  EXPECT_EQ(response.status, 400);
  EXPECT_EQ(response.content_type, "application/json");
  EXPECT_THAT(response.body, HasSubstr(R"([serve] expected a number x, got \"abc\")"));
}

TEST(Service, KeepsTheMistakesOfARouteToTheLog) {
  const LogText log;
  Service service({}, own_routes(), {});
  for (const char* path : {"/throw", "/split", "/status"}) {
    const HttpResponse response = answer(service, HttpMethod::get, path);
    EXPECT_EQ(response.status, 500);
    EXPECT_EQ(response.content_type, "application/json");
    EXPECT_THAT(response.body, HasSubstr("[serve] an error of the server"));
    EXPECT_THAT(log.text(), HasSubstr(std::string("Error handling request ") + path));
  }
  EXPECT_THAT(log.text(), HasSubstr("secret"));
  EXPECT_EQ(answer(service, HttpMethod::get, "/square", "x=2").status, 200);
}

TEST(Service, NamesTheMethodsOfAPath) {
  Service service({}, own_routes(), {});
  const HttpResponse refused = answer(service, HttpMethod::post, "/square");
  EXPECT_EQ(refused.status, 405);
  EXPECT_EQ(refused.allow, "GET, HEAD, OPTIONS");
  EXPECT_THAT(refused.body, HasSubstr("[serve] /square takes GET, HEAD, OPTIONS, got POST"));
  const HttpResponse asked = answer(service, HttpMethod::options, "/square");
  EXPECT_EQ(asked.status, 204);
  EXPECT_EQ(asked.allow, "GET, HEAD, OPTIONS");
  EXPECT_EQ(answer(service, HttpMethod::options, "*").status, 204);
}

TEST(Service, ListsItsRoutesToWhoIsLost) {
  Service service({}, own_routes(), {});
  const HttpResponse response = answer(service, HttpMethod::get, "/nowhere");
  EXPECT_EQ(response.status, 404);
  EXPECT_THAT(response.body, HasSubstr("GET /square, GET /throw"));
}

TEST(Service, TellsItsHealthWithoutAModel) {
  Service service({}, {}, {});
  EXPECT_EQ(answer(service, HttpMethod::get, "/health").body, "{\"status\":\"ok\"}");
  EXPECT_EQ(answer(service, HttpMethod::get, "/v2/health/ready").status, 200);
  service.set_draining();
  EXPECT_EQ(answer(service, HttpMethod::get, "/v2/health/ready").status, 503);
  EXPECT_EQ(answer(service, HttpMethod::get, "/v2/health/live").status, 200);
}

TEST(Service, AnswersForModelAndProgram) {
  Routes routes = own_routes();
  routes.add(HttpMethod::get, "/health", [](const HttpRequest&) { return text_response("fine"); });
  Service service(a_model(), routes, {});
  EXPECT_EQ(answer(service, HttpMethod::get, "/square", "x=2").body, "4.000000");
  EXPECT_EQ(answer(service, HttpMethod::get, "/health").body, "fine");
  EXPECT_EQ(answer(service, HttpMethod::post, "/predict", "", R"({"instances":[[16,"1",0]]})").body, prediction(16));
  service.set_draining();
  EXPECT_EQ(answer(service, HttpMethod::get, "/v2/health/ready").status, 503);
}

}  // namespace
}  // namespace thrum::serving
