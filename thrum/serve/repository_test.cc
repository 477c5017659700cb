// A folder of models, served, and changed while it is.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "thrum/core/error.h"
#include "thrum/model/model.h"
#include "thrum/runtime/temporary_folder_test.h"
#include "thrum/serve/repository_routes_internal.h"
#include "thrum/serve/server.h"
#include "thrum/serve/server_fixture_test.h"

namespace thrum {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

const std::string token = "an-administrators-token";
const std::string row = R"({"instances":[[39,"Private",45]]})";

std::string post(const std::string& path, const std::string& body, const std::string& fields = "") {
  return "POST " + path + " HTTP/1.1\r\nHost: a\r\n" + fields + "Content-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}

class Repository : public testing::Test {
 protected:
  void add(const std::string& path) {
    const fs::path file = folder_.path() / "models" / path;
    fs::create_directories(file.parent_path());
    save_model(*people_model(), file);
  }

  std::vector<std::string> options(std::vector<std::string> more = {}) {
    fs::create_directories(folder_.path() / "models");
    more.push_back("model_repository=" + folder_.file("models"));
    return more;
  }

  /// With an administrator.
  std::vector<std::string> managed(std::vector<std::string> more = {}) {
    fs::permissions(folder_.write("tokens", token), fs::perms::owner_read | fs::perms::owner_write);
    more.push_back("admin_token_file=" + folder_.file("tokens"));
    return options(std::move(more));
  }

  /// What a server that is started with "@" + settings() reads first, at every reload.
  std::string settings() const { return folder_.write("settings", "none\n"); }

  test::TemporaryFolder folder_;
};

std::string ask(const TestServer& server, const std::string& request) {
  return TestClient(server.port()).ask(request);
}

std::string manage(const TestServer& server, const std::string& path, const std::string& body = "") {
  return ask(server, post("/v2/repository/" + path, body, "Authorization: Bearer " + token + "\r\n"));
}

bool comes_to_answer(const TestServer& server, const std::string& path, const std::string& status) {
  return becomes_true([&] { return ask(server, post(path, row)).starts_with("HTTP/1.1 " + status); });
}

TEST_F(Repository, ServesEachModelByNameAndVersion) {
  add("adult.thrum");
  add("iris/1/model.thrum");
  add("iris/2/model.thrum");
  const TestServer server(options(), "none");
  for (const char* path : {"/v1/models/adult:predict", "/v1/models/adult/versions/1:predict", "/v1/models/iris:predict",
                           "/v1/models/iris/versions/2:predict", "/v1/models/iris/versions/1:predict"}) {
    EXPECT_THAT(ask(server, post(path, row)), StartsWith("HTTP/1.1 200 OK\r\n")) << path;
  }
  EXPECT_THAT(ask(server, post("/v1/models/iris/versions/3:predict", row)), StartsWith("HTTP/1.1 404 Not Found\r\n"));
  EXPECT_THAT(ask(server, get("/v1/models")), HasSubstr(R"({"models":["adult","iris"]})"));
  EXPECT_THAT(ask(server, get("/v2/models/iris")), HasSubstr(R"("name":"iris","versions":["2","1"])"));
  EXPECT_TRUE(server.log_comes_to_have("Loaded model iris version 2: logistic-regression, 3 features, "));
}

TEST_F(Repository, AsksForANameWhereThereAreSeveral) {
  add("adult.thrum");
  {
    const TestServer server(options(), "none");
    EXPECT_THAT(ask(server, post("/predict", row)), StartsWith("HTTP/1.1 200 OK\r\n"));
  }
  add("iris.thrum");
  const TestServer server(options(), "none");
  EXPECT_THAT(ask(server, post("/predict", row)),
              AllOf(StartsWith("HTTP/1.1 404 Not Found\r\n"),
                    HasSubstr("several models are served here; this route is for one that is alone")));
}

TEST_F(Repository, IsReadAgainOnHangUp) {
  add("adult.thrum");
  const TestServer server(options(), "none");
  EXPECT_THAT(ask(server, post("/v1/models/iris:predict", row)), StartsWith("HTTP/1.1 404 Not Found\r\n"));
  add("iris/7/model.thrum");
  server.signal(SIGHUP);
  EXPECT_TRUE(comes_to_answer(server, "/v1/models/iris/versions/7:predict", "200"));
}

TEST_F(Repository, KeepsServingWhenANewFileIsBad) {
  add("adult.thrum");
  const TestServer server(options(), "none");
  folder_.write("models/iris.thrum", "not a model");
  server.signal(SIGHUP);
  EXPECT_TRUE(server.log_comes_to_have("Cannot reload, the old model and settings stay: "));
  EXPECT_TRUE(server.log_comes_to_have("iris.thrum"));
  EXPECT_THAT(ask(server, post("/v1/models/adult:predict", row)), StartsWith("HTTP/1.1 200 OK\r\n"));
}

TEST_F(Repository, MayBeginEmpty) {
  const TestServer server(options(), "none");
  EXPECT_TRUE(server.log_comes_to_have("There is no model to serve in "));
  EXPECT_THAT(ask(server, get("/v2/health/ready")), StartsWith("HTTP/1.1 200 OK\r\n"));
  add("adult.thrum");
  server.signal(SIGHUP);
  EXPECT_TRUE(comes_to_answer(server, "/predict", "200"));
}

TEST_F(Repository, HasNoRoutesForAnAdministratorByDefault) {
  add("adult.thrum");
  const TestServer server(options(), "none");
  for (const char* path : {"/v2/repository/index", "/v2/repository/models/adult/unload"}) {
    EXPECT_THAT(ask(server, post(path, "")), StartsWith("HTTP/1.1 404 Not Found\r\n")) << path;
  }
}

TEST_F(Repository, IsTheAdministratorsOnly) {
  add("adult.thrum");
  const TestServer server(managed(), "none");
  EXPECT_THAT(ask(server, post("/v2/repository/models/adult/unload", "")), StartsWith("HTTP/1.1 401 Unauthorized\r\n"));
  EXPECT_THAT(ask(server, post("/v1/models/adult:predict", row)), StartsWith("HTTP/1.1 200 OK\r\n"));
}

TEST_F(Repository, IsListedUnloadedAndLoaded) {
  add("adult.thrum");
  add("iris/1/model.thrum");
  const TestServer server(managed(), "none");
  EXPECT_THAT(manage(server, "index"), HasSubstr(R"([{"name":"adult","version":"1","state":"READY","reason":""},)"
                                                 R"({"name":"iris","version":"1","state":"READY","reason":""}])"));
  EXPECT_THAT(manage(server, "models/iris/unload", R"({"parameters":{"unload_dependents":false}})"),
              StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(ask(server, post("/v1/models/iris:predict", row)), StartsWith("HTTP/1.1 404 Not Found\r\n"));
  EXPECT_THAT(ask(server, post("/predict", row)), StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(manage(server, "index"),
              HasSubstr(R"({"name":"iris","version":"1","state":"UNAVAILABLE","reason":"unloaded"})"));
  EXPECT_THAT(manage(server, "index", R"({"ready":true})"), Not(HasSubstr("iris")));
  add("iris/2/model.thrum");
  server.signal(SIGHUP);
  ASSERT_TRUE(server.log_comes_to_have("Reloaded", 2));
  EXPECT_THAT(ask(server, post("/v1/models/iris:predict", row)), StartsWith("HTTP/1.1 404 Not Found\r\n"));
  EXPECT_THAT(manage(server, "models/iris/load"), StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(ask(server, post("/v1/models/iris/versions/2:predict", row)), StartsWith("HTTP/1.1 200 OK\r\n"));
}

TEST_F(Repository, IsLoadedInEveryWorkerWhenItSaysSo) {
  add("adult.thrum");
  const TestServer server(managed({"workers=3", "batch_max_size=4"}), "none");
  ASSERT_TRUE(server.log_comes_to_have("Booting worker", 3));
  add("iris.thrum");
  EXPECT_THAT(manage(server, "models/iris/load"), AllOf(StartsWith("HTTP/1.1 200 OK\r\n"), EndsWith("{}")));
  for (int i = 0; i < 30; ++i) {
    EXPECT_THAT(ask(server, post("/v1/models/iris:predict", row)), StartsWith("HTTP/1.1 200 OK\r\n"));
  }
}

/// Holds up the next reload of a server, and no later one, where it reads its settings.
class HeldReload {
 public:
  explicit HeldReload(std::string settings) : settings_(std::move(settings)) {
    fs::remove(settings_);
    EXPECT_EQ(mkfifo(settings_.c_str(), 0600), 0);
  }

  /// Until it reads them.
  void wait() {
    pipe_.open(settings_);
    fs::remove(settings_);
    std::ofstream(settings_) << "none\n";
    pipe_ << "none" << std::endl;
  }
  void let_go() { pipe_.close(); }

 private:
  std::string settings_;
  std::ofstream pipe_;
};

TEST_F(Repository, AnswersOthersWhileItLoadsAndTellsWhyItCannot) {
  add("adult.thrum");
  const TestServer server(managed(), "@" + settings());
  folder_.write("models/slow.thrum", "not a model");
  HeldReload reload(folder_.file("settings"));
  TestClient administrator(server.port());
  administrator.send(post("/v2/repository/models/slow/load", "", "Authorization: Bearer " + token + "\r\n"));
  reload.wait();
  EXPECT_THAT(ask(server, post("/v1/models/adult:predict", row)), StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_FALSE(administrator.has_begun());
  reload.let_go();
  EXPECT_THAT(administrator.reply(),
              AllOf(StartsWith("HTTP/1.1 400 Bad Request\r\n"),
                    HasSubstr(R"({"error":"[serve] cannot load the model \"slow\": )"),
                    HasSubstr("slow.thrum] is not a Thrum model file, or only its beginning; what was served is served "
                              "still\"}")));
  EXPECT_THAT(administrator.ask(post("/v1/models/adult:predict", row)), StartsWith("HTTP/1.1 200 OK\r\n"));
  add("iris.thrum");
  EXPECT_THAT(manage(server, "models/iris/load"), StartsWith("HTTP/1.1 200 OK\r\n")) << "the bad one is left out";
}

/// Connections on which an administrator asks at once, while a slow load, which fails, holds up all of them.
class Administrators {
 public:
  Administrators(const TestServer& server, const test::TemporaryFolder& folder)
      : server_(server), reload_(folder.file("settings")) {
    folder.write("models/slow.thrum", "not a model");
    ask("slow", "load");
    reload_.wait();
  }

  void ask(const std::string& model, const std::string& what) {
    clients_.emplace_back(server_.port());
    clients_.back().send(
        post("/v2/repository/models/" + model + "/" + what, "", "Authorization: Bearer " + token + "\r\n"));
  }
  /// Those of ask(), once the slow load has failed.
  std::vector<std::string> replies() {
    EXPECT_THAT(manage(server_, "index"), HasSubstr("200 OK"));  // the worker has heard what was asked before
    reload_.let_go();
    std::vector<std::string> texts;
    for (TestClient& client : clients_) texts.push_back(client.reply());
    texts.erase(texts.begin());
    return texts;
  }

 private:
  const TestServer& server_;
  HeldReload reload_;
  std::vector<TestClient> clients_;
};

TEST_F(Repository, TellsEachWhatBecameOfItsOwnModel) {
  for (const char* name : {"adult.thrum", "gone.thrum", "iris.thrum"}) add(name);
  const TestServer server(managed(), "@" + settings());
  Administrators administrators(server, folder_);
  add("new.thrum");
  folder_.write("models/bad.thrum", "not a model");
  folder_.write("models/iris.thrum", "not a model any more");
  for (const char* name : {"bad", "new", "iris"}) administrators.ask(name, "load");
  administrators.ask("gone", "unload");
  const std::vector<std::string> replies = administrators.replies();
  EXPECT_THAT(replies[0], HasSubstr(R"([serve] cannot load the model \"bad\": )"));
  EXPECT_THAT(replies[0], HasSubstr("bad.thrum] is not a Thrum model file"));
  EXPECT_THAT(replies[1], StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(replies[2], HasSubstr("iris.thrum] is not a Thrum model file"));
  EXPECT_THAT(replies[3], StartsWith("HTTP/1.1 200 OK\r\n"));
  for (const char* name : {"adult", "new", "iris"}) {
    EXPECT_THAT(ask(server, post("/v1/models/" + std::string(name) + ":predict", row)), StartsWith("HTTP/1.1 200 OK"));
  }
  EXPECT_THAT(ask(server, post("/v1/models/gone:predict", row)), StartsWith("HTTP/1.1 404"));
}

TEST_F(Repository, FulfilsWishesForOneModelInTheirOrder) {
  add("adult.thrum");
  add("iris.thrum");
  const TestServer server(managed(), "@" + settings());
  Administrators administrators(server, folder_);
  for (const char* what : {"unload", "load", "unload"}) administrators.ask("iris", what);
  EXPECT_THAT(administrators.replies(), testing::Each(StartsWith("HTTP/1.1 200 OK\r\n")));
  EXPECT_THAT(manage(server, "index"), HasSubstr(R"({"name":"iris","version":"1","state":"UNAVAILABLE")"));
  fs::remove(folder_.file("models/slow.thrum"));
  server.signal(SIGHUP);
  ASSERT_TRUE(server.log_comes_to_have("Reloaded", 4));
  EXPECT_THAT(ask(server, post("/v1/models/iris:predict", row)), StartsWith("HTTP/1.1 404")) << "it stays unloaded";
}

TEST_F(Repository, LoadsOneModelAndLooksAtNoOther) {
  add("adult.thrum");
  const TestServer server(managed(), "none");
  add("iris.thrum");
  fs::remove(folder_.file("models/adult.thrum"));
  folder_.write("models/bad.thrum", "not a model");
  for (const char* name : {"twice.thrum", "twice/1/model.thrum"}) add(name);
  EXPECT_THAT(manage(server, "models/iris/load"), StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(ask(server, post("/v1/models/adult:predict", row)), StartsWith("HTTP/1.1 200 OK\r\n"));
}

TEST_F(Repository, HangUpComesBeforeWhatAnAdministratorWaitsFor) {
  add("adult.thrum");
  const TestServer server(managed(), "@" + settings());
  Administrators administrators(server, folder_);
  add("iris.thrum");
  administrators.ask("iris", "load");
  EXPECT_THAT(manage(server, "index"), HasSubstr("200 OK"));
  server.signal(SIGHUP);
  EXPECT_TRUE(server.log_comes_to_have("Cannot reload, the old model and settings stay: ")) << "of the slow one";
  EXPECT_THAT(administrators.replies(), testing::ElementsAre(StartsWith("HTTP/1.1 200 OK\r\n")));
}

TEST_F(Repository, HoldsSoManyWishesAndNoMore) {
  add("adult.thrum");
  const auto wishes = std::make_unique<serving::ReloadWishes>();
  serving::RepositoryRoutes routes({folder_.file("models"), {}, {}, *wishes, [] {}});
  const HttpRequest load{.method = HttpMethod::post, .path = "/v2/repository/models/adult/load"};
  for (std::size_t i = 0; i < serving::ReloadWishes::most_open; ++i) EXPECT_NE(routes.answer(load).wish, 0u);
  try {
    routes.answer(load);
    FAIL();
  } catch (const HttpError& error) {
    EXPECT_EQ(error.status(), 503);
    EXPECT_STREQ(error.what(), "[serve] too many models are waiting to be loaded or unloaded");
    EXPECT_EQ(error.hint(), "try again");
  }
}

TEST_F(Repository, TellsWhoWaitsThatTheServerEnds) {
  add("adult.thrum");
  TestServer server(managed(), "@" + settings());
  add("slow.thrum");
  HeldReload reload(folder_.file("settings"));
  TestClient administrator(server.port());
  administrator.send(post("/v2/repository/models/slow/load", "", "Authorization: Bearer " + token + "\r\n"));
  reload.wait();
  server.signal(SIGTERM);
  EXPECT_THAT(administrator.reply(), HasSubstr(R"([serve] cannot load the model \"slow\": the server ends)"));
  EXPECT_EQ(server.wait_for_exit(), 0);
}

TEST_F(Repository, TellsWhoWaitsThatTheWorkerEndsBeforeTheOutcomeIsKnown) {
  add("adult.thrum");
  const TestServer server(managed({"graceful_timeout=0.1"}), "@" + settings());
  add("slow.thrum");
  HeldReload reload(folder_.file("settings"));
  TestClient administrator(server.port());
  administrator.send(post("/v2/repository/models/slow/load", "", "Authorization: Bearer " + token + "\r\n"));
  reload.wait();
  kill(server.workers().at(0), SIGTERM);
  EXPECT_THAT(
      administrator.reply(),
      AllOf(StartsWith("HTTP/1.1 503 Service Unavailable\r\n"), HasSubstr("\r\nConnection: close\r\n"),
            EndsWith(R"({"error":"[serve] this worker ends before the model \"slow\" is loaded; that goes on: POST )"
                     R"(/v2/repository/index tells what is served"})")));
  EXPECT_TRUE(administrator.is_closed());
  reload.let_go();
  EXPECT_TRUE(becomes_true(
      [&] { return ask(server, post("/v1/models/slow:predict", row)).starts_with("HTTP/1.1 200 OK\r\n"); }));
}

TEST_F(Repository, KnowsWhatItDoesNotHave) {
  add("adult.thrum");
  const TestServer server(managed(), "none");
  EXPECT_THAT(manage(server, "models/adlt/load"),
              AllOf(StartsWith("HTTP/1.1 404 Not Found\r\n"),
                    HasSubstr(R"([serve] there is no model \"adlt\" in the repository)"), HasSubstr("nearest: ")));
  EXPECT_THAT(manage(server, "models/%2e%2e%2fadult/load"), StartsWith("HTTP/1.1 404 Not Found\r\n"));
  EXPECT_THAT(manage(server, "models/iris/unload"), HasSubstr(R"(there is no model \"iris\" that is served)"));
  EXPECT_THAT(manage(server, "nothing"), HasSubstr("index, models/NAME/load, models/NAME/unload"));
  EXPECT_THAT(
      ask(server, "GET /v2/repository/index HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer " + token + "\r\n\r\n"),
      AllOf(StartsWith("HTTP/1.1 405 Method Not Allowed\r\n"), HasSubstr("\r\nAllow: POST, OPTIONS\r\n")));
  EXPECT_THAT(manage(server, "index", "{"), StartsWith("HTTP/1.1 400 Bad Request\r\n"));
}

TEST_F(Repository, CountsTheRequestsOfEachModel) {
  add("adult.thrum");
  add("iris/2/model.thrum");
  const TestServer server(options({"workers=2"}), "none");
  for (int i = 0; i < 10; ++i) ask(server, post("/v1/models/adult:predict", R"({"instances":[[1,"1",1],[2,"1",2]]})"));
  ask(server, post("/v1/models/iris:predict", row));
  ask(server, post("/v1/models/iris:predict", "{}"));
  const std::string metrics = ask(server, get("/metrics"));
  EXPECT_THAT(metrics, HasSubstr("\nthrum_inference_requests_total{model=\"adult\",version=\"1\"} 10\n"));
  EXPECT_THAT(metrics, HasSubstr("\nthrum_inference_rows_total{model=\"adult\",version=\"1\"} 20\n"));
  EXPECT_THAT(metrics, HasSubstr("\nthrum_inference_requests_total{model=\"iris\",version=\"2\"} 1\n"));
  EXPECT_THAT(metrics, HasSubstr("\nthrum_inference_refused_total{model=\"iris\",version=\"2\"} 1\n"));
  EXPECT_THAT(metrics, HasSubstr("\nthrum_inference_refused_total{model=\"adult\",version=\"1\"} 0\n"));
  const std::string statistics = ask(server, get("/v2/models/adult/stats"));
  EXPECT_THAT(statistics, HasSubstr(R"({"model_stats":[{"name":"adult","version":"1","inference_count":20,)"
                                    R"("execution_count":10,"inference_stats":{"success":{"count":10,"ns":)"));
  EXPECT_THAT(statistics, HasSubstr(R"("fail":{"count":0,"ns":0})"));
  EXPECT_THAT(ask(server, get("/v2/models/iris/versions/2/stats")), HasSubstr(R"("fail":{"count":1,"ns":0})"));
  EXPECT_THAT(ask(server, get("/v2/models/stats")),
              AllOf(HasSubstr(R"("name":"adult")"), HasSubstr(R"("name":"iris")")));
  EXPECT_THAT(ask(server, get("/v2/models/none/stats")), StartsWith("HTTP/1.1 404 "));
}

TEST_F(Repository, IsNotServedBesideAModel) {
  ServeOptions both;
  both.model_repository = folder_.file("models");
  try {
    serve(*people_model(), both);
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "[serve] a model and a model repository are given; put the model into the repository");
  }
}

}  // namespace
}  // namespace thrum
