// Signals that change a server while it serves.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include "thrum/runtime/temporary_folder_test.h"
#include "thrum/runtime/unique_fd.h"
#include "thrum/serve/endpoint_internal.h"
#include "thrum/serve/server_fixture_test.h"
#include "thrum/serve/server_load_test.h"

namespace thrum {
namespace {

using testing::EndsWith;
using testing::HasSubstr;

class Reload : public testing::Test {
 protected:
  /// What a server that is started with "@" + file() reads: an image, and options, one a line.
  void write(const std::string& text) const { std::ofstream(file()) << text; }
  std::string file() const { return folder_.file("model"); }
  std::string log_file() const { return folder_.file("log"); }
  static std::string text_in(const std::string& path) {
    std::ifstream stream(path);
    return {std::istreambuf_iterator<char>(stream), {}};
  }

  test::TemporaryFolder folder_;
};

std::size_t n_alive(const TestServer& server) {
  std::size_t n = 0;
  for (const pid_t worker : server.workers()) n += is_alive(worker) ? 1 : 0;
  return n;
}

bool comes_to_have_workers(const TestServer& server, std::size_t n) {
  return becomes_true([&] { return n_alive(server) == n; });
}

TEST_F(Reload, HangUpBringsTheNewModelAndSettings) {
  write("good\nworkers=1\n");
  const TestServer server({}, "@" + file());
  EXPECT_THAT(TestClient(server.port()).ask(ask_for(16)), EndsWith(prediction(16)));
  write("regression\nworkers=2\n");
  server.signal(SIGHUP);
  EXPECT_TRUE(server.log_comes_to_have("Hang up: Master"));
  ASSERT_TRUE(server.log_comes_to_have("Reloaded"));
  EXPECT_TRUE(comes_to_have_workers(server, 2));
  EXPECT_FALSE(is_alive(server.workers().at(0)));
  EXPECT_THAT(TestClient(server.port()).ask(ask_for(16)), EndsWith("{\"predictions\":[0.25]}"));
}

TEST_F(Reload, LosesNoRequestUnderLoad) {
  write("good\n");
  const TestServer server({"workers=2"}, "@" + file());
  TestLoad load(server.port());
  for (int round = 1; round <= 4; ++round) {
    EXPECT_TRUE(load.goes_on());
    server.signal(SIGHUP);
    EXPECT_TRUE(server.log_comes_to_have("Reloaded", round));
  }
  EXPECT_TRUE(load.goes_on());
  load.stop();
  EXPECT_EQ(load.n_lost(), 0);
  EXPECT_EQ(load.n_wrong(), 0);
  EXPECT_TRUE(comes_to_have_workers(server, 2));
}

TEST_F(Reload, AnImageThatNoWorkerOpensChangesNothing) {
  write("good\n");
  const TestServer server({}, "@" + file());
  TestLoad load(server.port(), 2);
  write("bad\nworkers=2\n");
  server.signal(SIGHUP);
  ASSERT_TRUE(server.log_comes_to_have("Cannot reload, the old model and settings stay: Worker (pid:"));
  EXPECT_TRUE(load.goes_on());
  load.stop();
  EXPECT_EQ(load.n_lost() + load.n_wrong(), 0);
  EXPECT_TRUE(comes_to_have_workers(server, 1));
  EXPECT_TRUE(is_alive(server.workers().at(0)));
  write("regression\n");
  server.signal(SIGHUP);
  EXPECT_TRUE(server.log_comes_to_have("Reloaded"));
}

TEST_F(Reload, AModelThatCannotBeLoadedChangesNothing) {
  write("good\n");
  const TestServer server({}, "@" + file());
  std::filesystem::remove(file());
  server.signal(SIGHUP);
  EXPECT_TRUE(server.log_comes_to_have("Cannot reload, the old model and settings stay: ["));
  EXPECT_TRUE(server.log_comes_to_have("[test] cannot read " + file()));
  write("good\nworkers=none\n");
  server.signal(SIGHUP);
  EXPECT_TRUE(server.log_comes_to_have("[workers] expected an integer in [1, 1024], got \"none\""));
  EXPECT_THAT(TestClient(server.port()).ask(ask_for(16)), EndsWith(prediction(16)));
  EXPECT_EQ(server.workers().size(), 1u);
}

TEST_F(Reload, ListensAtANewAddressAndNoLongerAtTheOld) {
  write("good\n");
  const std::string path = folder_.file("socket");
  const TestServer server({}, "@" + file());
  write("good\nbind=unix:" + path + "\n");
  server.signal(SIGHUP);
  ASSERT_TRUE(server.log_comes_to_have("Reloaded"));
  EXPECT_THAT(TestClient(path).ask(ask_for(16)), EndsWith(prediction(16)));
  EXPECT_TRUE(becomes_true([&] { return TestClient(server.port()).ask(ask_for(16)).empty(); }));
}

TEST(ServerSignals, HangUpKeepsASocketThatTheServerWasGiven) {
  const UniqueFd given(socket(AF_INET, SOCK_STREAM, 0));  // which a server inherits
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(bind(given.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(listen(given.get(), 16), 0);
  const auto port = static_cast<std::uint16_t>(serving::Endpoint::of(given.get()).port());
  const TestServer server({"workers=2", "bind=127.0.0.1:0,fd://" + std::to_string(given.get())});
  EXPECT_THAT(TestClient(port).ask(ask_for(16)), EndsWith(prediction(16)));
  server.signal(SIGHUP);
  ASSERT_TRUE(server.log_comes_to_have("Reloaded"));
  EXPECT_THAT(TestClient(port).ask(ask_for(16)), EndsWith(prediction(16)));
}

TEST(ServerSignals, TtinAddsAWorkerAndTtouTakesItAwayWithoutALostRequest) {
  const TestServer server;
  TestLoad load(server.port());
  server.signal(SIGTTIN);
  ASSERT_TRUE(server.log_comes_to_have("Booting worker", 2));
  EXPECT_TRUE(load.goes_on());
  server.signal(SIGTTOU);
  EXPECT_TRUE(comes_to_have_workers(server, 1));
  EXPECT_TRUE(is_alive(server.workers().at(0))) << "the last one goes";
  EXPECT_TRUE(load.goes_on());
  load.stop();
  EXPECT_EQ(load.n_lost() + load.n_wrong(), 0);
  server.signal(SIGTTOU);
  EXPECT_TRUE(server.log_comes_to_have("Handling signal: ttou", 2));
  EXPECT_THAT(TestClient(server.port()).ask(ask_for(16)), EndsWith(prediction(16)));
}

TEST(ServerSignals, TtinCountsWhileAReloadIsUnderWay) {
  const TestServer server;
  server.signal(SIGHUP);
  ASSERT_TRUE(server.log_comes_to_have("Hang up: Master"));
  server.signal(SIGTTIN);
  ASSERT_TRUE(server.log_comes_to_have("Reloaded"));
  EXPECT_TRUE(comes_to_have_workers(server, 2));
  server.signal(SIGHUP);
  ASSERT_TRUE(server.log_comes_to_have("Reloaded", 2));
  EXPECT_TRUE(comes_to_have_workers(server, 1)) << "of the settings";
}

TEST(ServerSignals, AStormOfThemLosesNoRequestAndLeavesTheRightNumberOfWorkers) {
  const TestServer server({"workers=2"});
  TestLoad load(server.port(), 16);
  std::map<int, int> n_sent;
  const auto send = [&](int signal, const std::string& name) {
    server.signal(signal);  // one that comes before the last of its kind was heard would be lost
    ASSERT_TRUE(server.log_comes_to_have("Handling signal: " + name + "\n", ++n_sent[signal]));
  };
  for (int round = 0; round < 5; ++round) {
    for (int i = 0; i < 3; ++i) send(SIGTTIN, "ttin");
    send(SIGTTOU, "ttou");
    send(SIGHUP, "hup");
    send(SIGTTIN, "ttin");
    ASSERT_TRUE(load.goes_on_for_everyone());
    for (int i = 0; i < 2; ++i) send(SIGTTOU, "ttou");
    send(SIGTTIN, "ttin");
  }
  ASSERT_TRUE(load.goes_on_for_everyone());
  EXPECT_TRUE(comes_to_have_workers(server, 2)) << n_alive(server) << "\n" << server.log();
  load.stop();
  EXPECT_EQ(load.n_lost() + load.n_wrong() + load.n_broken(), 0);
  EXPECT_THAT(server.log(), testing::Not(HasSubstr("[ERROR]")));
}

TEST_F(Reload, Usr1OpensLogFilesAgain) {
  const std::string errors = folder_.file("errors");
  const TestServer server(
      {"workers=2", "access_logfile=" + log_file(), "access_logformat=%(m)s %(U)s %(s)s", "error_logfile=" + errors},
      "good", errors);
  const auto lines_come = [&](const std::string& path, int n) {
    return becomes_true([&] {
      TestClient(server.port()).ask(get("/health"));
      const std::string text = text_in(path);
      return std::count(text.begin(), text.end(), '\n') >= n;
    });
  };
  EXPECT_TRUE(lines_come(log_file(), 5));
  EXPECT_THAT(text_in(log_file()), testing::MatchesRegex("(GET /health 200\n)+"));
  std::filesystem::rename(log_file(), log_file() + ".1");
  std::filesystem::rename(errors, errors + ".1");
  server.signal(SIGUSR1);
  EXPECT_TRUE(lines_come(log_file(), 5));
  server.signal(SIGTTIN);
  EXPECT_TRUE(becomes_true([&] { return text_in(errors).find("Booting worker") != std::string::npos; }));
}

TEST(ServerSignals, WorkersAreReplacedAfterMaxRequestsWithoutALostRequest) {
  const TestServer server({"workers=2", "max_requests=100", "max_requests_jitter=50"});
  TestLoad load(server.port());
  EXPECT_TRUE(server.log_comes_to_have("Autorestarting worker after current request.", 4));
  EXPECT_TRUE(load.goes_on());
  load.stop();
  EXPECT_EQ(load.n_lost() + load.n_wrong(), 0);
  EXPECT_EQ(server.log().find("[ERROR]"), std::string::npos) << server.log();
}

}  // namespace
}  // namespace thrum
