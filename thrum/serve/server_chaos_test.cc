// The server outlives what happens to its processes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <string>

#include "thrum/runtime/sanitized_test.h"
#include "thrum/serve/server_fixture_test.h"
#include "thrum/serve/server_load_test.h"

namespace thrum {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

TEST(ServerChaos, AKilledWorkerLosesNoLaterRequest) {
  const TestServer server({"workers=2"});
  ASSERT_TRUE(server.log_comes_to_have("Booting worker", 2));
  for (int round = 0; round < 3; ++round) {
    const pid_t victim = server.workers().at(static_cast<std::size_t>(round));
    kill(victim, SIGKILL);
    for (int age = 0; age < 50; ++age) {
      EXPECT_THAT(TestClient(server.port()).ask(ask_for(age)), EndsWith(prediction(age)));
    }
    EXPECT_TRUE(server.log_comes_to_have("Worker (pid:" + std::to_string(victim) +
                                         ") was sent SIGKILL! Perhaps out of memory?"));
    EXPECT_TRUE(server.log_comes_to_have("Booting worker", 3 + round));
  }
}

/// The number of a sample of GET /metrics.
int metric(const TestServer& server, const std::string& sample) {
  const std::string text = TestClient(server.port()).ask(get("/metrics"));
  const std::size_t at = text.find("\n" + sample + " ");
  return at == std::string::npos ? -1 : std::atoi(text.c_str() + at + sample.size() + 2);
}

TEST(ServerChaos, NoRequestIsLostAndEachIsCountedWhenWorkersDieUnderLoad) {
  const TestServer server({"workers=2"});
  ASSERT_TRUE(server.log_comes_to_have("Booting worker", 2));
  TestLoad load(server.port());
  constexpr int n_kills = 5;
  for (int i = 0; i < n_kills; ++i) {
    EXPECT_TRUE(load.goes_on());
    kill(server.workers().at(static_cast<std::size_t>(i)), SIGKILL);
    ASSERT_TRUE(server.log_comes_to_have("Booting worker", 3 + i));
  }
  EXPECT_TRUE(load.goes_on());
  load.stop();
  EXPECT_EQ(load.n_lost(), 0);
  EXPECT_EQ(load.n_wrong(), 0);
  constexpr int n_others = 1;  // of the test server, which asks whether it is there
  const int n_counted = metric(server, "thrum_http_requests_total{code=\"2xx\"}");
  EXPECT_GE(n_counted, load.n_answered() + n_others);
  EXPECT_LE(n_counted, load.n_answered() + n_others + load.n_repeated()) << "some died between count and reply";
  const int n_of_route = metric(server, "thrum_http_route_requests_total{route=\"/predict\",code=\"200\"}");
  EXPECT_GE(n_of_route, load.n_answered());
  EXPECT_LE(n_of_route, load.n_answered() + load.n_repeated());
  EXPECT_EQ(metric(server, "thrum_worker_restarts_total{reason=\"killed\"}"), n_kills);
}

/// The oldest that lives; false where none does.
bool kill_a_worker(const TestServer& server) {
  return std::ranges::any_of(server.workers(), [](pid_t pid) { return is_alive(pid) && kill(pid, SIGKILL) == 0; });
}

TEST(ServerChaos, AStormOfKillsAndReloadsLosesNoRequestOf64Connections) {
  const TestServer server({"workers=2"});
  ASSERT_TRUE(server.log_comes_to_have("Booting worker", 2));
  TestLoad load(server.port(), 64);
  for (int kill_number = 1; kill_number <= 12; ++kill_number) {
    ASSERT_TRUE(load.goes_on_for_everyone()) << "a request hangs";
    EXPECT_TRUE(kill_a_worker(server));
    if (kill_number % 3 != 0) continue;
    server.signal(SIGHUP);
    ASSERT_TRUE(server.log_comes_to_have("Reloaded", kill_number / 3));
  }
  EXPECT_TRUE(load.goes_on_for_everyone());
  load.stop();
  EXPECT_GT(load.n_repeated(), 0) << "no kill met a request";
  EXPECT_EQ(load.n_lost(), 0);
  EXPECT_EQ(load.n_wrong(), 0);
  EXPECT_EQ(load.n_broken(), 0);
}

TEST(ServerChaos, TermUnderLoadBreaksNoReply) {
  TestServer server({"workers=2"});
  TestLoad load(server.port());
  EXPECT_TRUE(load.goes_on());
  server.signal(SIGTERM);
  EXPECT_EQ(server.wait_for_exit(), 0);
  load.stop();
  EXPECT_EQ(load.n_broken(), 0);
  EXPECT_EQ(load.n_wrong(), 0);
}

TEST(ServerChaos, ACrashingRequestTakesOneWorkerOnly) {
  const TestServer server;
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(TestClient(server.port()).ask(ask_for(666)), "");
    EXPECT_THAT(TestClient(server.port()).ask(ask_for(6)), EndsWith(prediction(6)));
  }
  EXPECT_TRUE(server.log_comes_to_have("was sent SIGABRT!", 3));
}

/// Of address space; RLIM_INFINITY: no limit.
void limit_memory(pid_t pid, rlim_t bytes) {
  rlimit limit{};
  ASSERT_EQ(prlimit(pid, RLIMIT_AS, nullptr, &limit), 0);
  limit.rlim_cur = std::min(bytes, limit.rlim_max);
  ASSERT_EQ(prlimit(pid, RLIMIT_AS, &limit, nullptr), 0);
}

rlim_t memory_of(pid_t pid) {
  std::ifstream statm("/proc/" + std::to_string(pid) + "/statm");
  rlim_t pages = 0;
  statm >> pages;
  return pages * static_cast<rlim_t>(sysconf(_SC_PAGESIZE));
}

TEST(ServerChaos, ARequestBeyondMemoryIsRefusedAndTheWorkerLivesOn) {
  if (THRUM_SANITIZED) GTEST_SKIP() << "a sanitizer takes address space for itself";
  for (const char* batch : {"batch_max_size=0", "batch_max_size=8"}) {
    const TestServer server({batch, "limit_request_body=67108864"});
    const pid_t worker = server.workers().at(0);
    ASSERT_NO_FATAL_FAILURE(limit_memory(worker, memory_of(worker) + (8u << 20)));
    std::string large = "POST /predict HTTP/1.1\r\nHost: a\r\nContent-Length: 33554432\r\n\r\n";
    large.resize(large.size() + 33554432, ' ');
    std::string many = R"({"instances":[[1,"1",0])";
    for (int i = 1; i < 99999; ++i) many += R"(,[1,"1",0])";
    many += "]}";
    const std::string rows =
        "POST /predict HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(many.size()) + "\r\n\r\n" + many;
    for (const std::string& request : {large, rows}) {
      EXPECT_THAT(TestClient(server.port()).ask(request),
                  testing::AllOf(StartsWith("HTTP/1.1 503"), HasSubstr("\r\nRetry-After: 1\r\n"),
                                 HasSubstr("[serve] out of memory for this request")));
      EXPECT_THAT(TestClient(server.port()).ask(ask_for(6)), EndsWith(prediction(6)));
    }
    EXPECT_EQ(server.workers().size(), 1u) << server.log();
  }
}

TEST(ServerChaos, WaitsForMemoryForANewWorkerAndServesAgainWhenThereIsSome) {
  if (THRUM_SANITIZED) GTEST_SKIP() << "a sanitizer takes address space for itself";
  const TestServer server;
  ASSERT_NO_FATAL_FAILURE(limit_memory(server.pid(), 1u << 20));
  kill(server.workers().at(0), SIGKILL);
  EXPECT_TRUE(server.log_comes_to_have("Cannot allocate memory", 3)) << server.log();
  TestClient early(server.port());
  early.send(ask_for(7));
  ASSERT_NO_FATAL_FAILURE(limit_memory(server.pid(), RLIM_INFINITY));
  EXPECT_THAT(early.reply(), EndsWith(prediction(7)));
}

TEST(ServerChaos, AHangingWorkerIsReplaced) {
  const TestServer server({"timeout=0.3"});
  EXPECT_EQ(TestClient(server.port()).ask(ask_for(777)), "");
  EXPECT_THAT(TestClient(server.port()).ask(ask_for(7)), EndsWith(prediction(7)));
  EXPECT_TRUE(server.log_comes_to_have("WORKER TIMEOUT (pid:" + std::to_string(server.workers().at(0)) + ")"));
}

TEST(ServerChaos, AStoppedWorkerIsReplaced) {
  const TestServer server({"timeout=0.3"});
  kill(server.workers().at(0), SIGSTOP);
  EXPECT_THAT(TestClient(server.port()).ask(ask_for(7)), EndsWith(prediction(7)));
  EXPECT_TRUE(server.log_comes_to_have("was sent SIGKILL!"));
}

TEST(ServerChaos, TermAnswersWhatIsInFlight) {
  TestServer server({"workers=2"});
  TestClient half(server.port());
  TestClient idle(server.port());
  const std::string request = ask_for(12);
  half.send(request.substr(0, request.size() - 5));
  EXPECT_THAT(idle.ask(ask_for(9)), EndsWith(prediction(9)));
  server.signal(SIGTERM);
  ASSERT_TRUE(server.log_comes_to_have("Handling signal: term"));
  EXPECT_TRUE(becomes_true([&] { return TestClient(server.port()).ask(get("/health")).empty(); })) << "still accepts";
  half.send(request.substr(request.size() - 5));
  EXPECT_THAT(half.reply(), testing::AllOf(HasSubstr("\r\nConnection: close\r\n"), EndsWith(prediction(12))));
  EXPECT_TRUE(half.is_closed());
  EXPECT_TRUE(idle.is_closed());
  EXPECT_EQ(server.wait_for_exit(), 0);
  const std::string log = server.log();
  EXPECT_LT(log.find("Handling signal: term"), log.find("Worker exiting (pid: "));
  EXPECT_LT(log.find("Worker exiting (pid: "), log.find("Shutting down: Master"));
}

TEST(ServerChaos, AnIdleConnectionMayAskOnceMoreAfterTerm) {
  TestServer server;
  TestClient client(server.port());
  EXPECT_THAT(client.ask(ask_for(9)), EndsWith(prediction(9)));
  server.signal(SIGTERM);
  ASSERT_TRUE(server.log_comes_to_have("Handling signal: term"));
  EXPECT_THAT(client.ask(get("/v2/health/ready")),
              testing::AnyOf(StartsWith("HTTP/1.1 503"), StartsWith("HTTP/1.1 200")));
  EXPECT_EQ(server.wait_for_exit(), 0);
}

TEST(ServerChaos, TermWaitsNoLongerThanTheGracefulTimeout) {
  TestServer server({"graceful_timeout=0.2"});
  TestClient client(server.port());
  client.send("GET / HTTP/1.1\r\n");
  server.signal(SIGTERM);
  EXPECT_EQ(server.wait_for_exit(), 0);
  EXPECT_TRUE(client.is_closed());
}

TEST(ServerChaos, IntEndsAtOnce) {
  for (const int signal : {SIGINT, SIGQUIT}) {
    TestServer server({"workers=2", "keep_alive=1000"});
    TestClient client(server.port());
    EXPECT_THAT(client.ask(get("/health")), StartsWith("HTTP/1.1 200"));
    server.signal(signal);
    EXPECT_EQ(server.wait_for_exit(), 0);
    EXPECT_TRUE(client.is_closed());
    for (const pid_t worker : server.workers()) EXPECT_FALSE(is_alive(worker));
  }
}

TEST(ServerChaos, ASecondSignalEndsADrainAtOnce) {
  TestServer server({"graceful_timeout=1000", "body_timeout=1000"});
  TestClient half(server.port());
  half.send(ask_for(12).substr(0, ask_for(12).size() - 5));
  server.signal(SIGTERM);
  ASSERT_TRUE(server.log_comes_to_have("Handling signal: term"));
  server.signal(SIGINT);
  EXPECT_EQ(server.wait_for_exit(), 0);
  EXPECT_TRUE(half.is_closed());
}

TEST(ServerChaos, ASecondTermHurriesNobody) {
  TestServer server;
  TestClient half(server.port());
  const std::string request = ask_for(12);
  half.send(request.substr(0, request.size() - 5));
  for (int i = 1; i <= 2; ++i) {
    server.signal(SIGTERM);
    ASSERT_TRUE(server.log_comes_to_have("Handling signal: term", i));
  }
  half.send(request.substr(request.size() - 5));
  EXPECT_THAT(half.reply(), EndsWith(prediction(12)));
  EXPECT_EQ(server.wait_for_exit(), 0);
}

TEST(ServerChaos, QuitAfterIntChangesNothing) {
  TestServer server({"workers=2"});
  TestLoad load(server.port());
  EXPECT_TRUE(load.goes_on());
  server.signal(SIGINT);
  server.signal(SIGQUIT);
  EXPECT_EQ(server.wait_for_exit(), 0);
  for (const pid_t worker : server.workers()) EXPECT_FALSE(is_alive(worker));
}

TEST(ServerChaos, TermEndsAHangingWorkerToo) {
  TestServer server({"graceful_timeout=0.1"});
  TestClient client(server.port());
  client.send(ask_for(777));
  server.signal(SIGTERM);
  EXPECT_EQ(server.wait_for_exit(), 0);
}

TEST(ServerChaos, WorkersFollowAKilledSupervisor) {
  TestServer server({"workers=3"});
  ASSERT_TRUE(server.log_comes_to_have("Booting worker", 3));
  TestClient busy(server.port());
  busy.send(ask_for(777));
  server.signal(SIGKILL);
  EXPECT_EQ(server.wait_for_exit(), 128 + SIGKILL);
  for (const pid_t worker : server.workers()) {
    EXPECT_TRUE(becomes_true([&] { return !is_alive(worker); }, std::chrono::milliseconds(5000)));
  }
}

TEST(ServerChaos, OtherSignalsDoNoHarm) {
  const TestServer server;
  for (const int signal : {SIGWINCH, SIGUSR1}) server.signal(signal);
  EXPECT_TRUE(server.log_comes_to_have("Handling signal: usr1"));
  EXPECT_THAT(TestClient(server.port()).ask(ask_for(6)), EndsWith(prediction(6)));
}

TEST(ServerChaos, GivesUpWhereNoWorkerEverServes) {
  TestServer server({"workers=2"}, "bad");
  EXPECT_EQ(server.wait_for_exit(), 3);
  EXPECT_THAT(server.log(), HasSubstr("Exception in worker process: [image] not a model"));
  EXPECT_THAT(server.log(), testing::ContainsRegex("\\[serve\\] the workers end before they can serve: Worker "
                                                   "\\(pid:[0-9]+\\) exited with code 1"));
}

TEST(ServerChaos, SaysThatItsWorkersFindNoMemory) {
  TestServer server({}, "huge");
  EXPECT_EQ(server.wait_for_exit(), 3);
  EXPECT_EQ(server.workers().size(), 5u) << "it tries again";
  EXPECT_THAT(server.log(), HasSubstr("Exception in worker process: [serve] out of memory"));
}

TEST(ServerChaos, SaysThatItsWorkersAreKilled) {
  TestServer server({}, "killed");
  EXPECT_EQ(server.wait_for_exit(), 3);
  EXPECT_THAT(server.log(), testing::ContainsRegex("\\[serve\\] the workers end before they can serve: Worker "
                                                   "\\(pid:[0-9]+\\) was sent SIGKILL! Perhaps out of memory\\?"));
}

}  // namespace
}  // namespace thrum
