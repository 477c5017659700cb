#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/cli/thrum_process.h"
#include "thrum/runtime/sanitized_test.h"

namespace thrum::test {
namespace {

using nlohmann::json;
using testing::HasSubstr;

const std::string breast_cancer = THRUM_SOURCE_DIR "/examples/data/breast_cancer.csv";

/// One request on a connection of its own; the whole answer.
std::string ask(int port, const std::string& request) {
  const int socket_fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  std::string answer;
  if (connect(socket_fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 &&
      send(socket_fd, request.data(), request.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(request.size())) {
    char buffer[4096];
    for (ssize_t n = 0; (n = recv(socket_fd, buffer, sizeof buffer, 0)) > 0;) {
      answer.append(buffer, static_cast<std::size_t>(n));
    }
  }
  close(socket_fd);
  return answer;
}

std::string post(int port, const std::string& body) {
  return ask(port, "POST /predict HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: " +
                       std::to_string(body.size()) + "\r\n\r\n" + body);
}

std::vector<std::string> fields_of(const std::string& line) {
  std::vector<std::string> fields;
  std::istringstream stream(line);
  for (std::string field; std::getline(stream, field, ',');) fields.push_back(field);
  return fields;
}

/// The first `n` rows of the data as the body of a request.
std::string request_body(std::size_t n) {
  std::istringstream lines(read_text(breast_cancer));
  std::string line;
  std::getline(lines, line);
  const std::vector<std::string> names = fields_of(line);
  json instances = json::array();
  for (std::size_t i = 0; i < n && std::getline(lines, line); ++i) {
    const std::vector<std::string> fields = fields_of(line);
    json instance;
    for (std::size_t j = 0; j + 1 < fields.size(); ++j) instance[names[j]] = std::stod(fields[j]);
    instances.push_back(instance);
  }
  return json{{"instances", instances}}.dump();
}

/// A server on a free port of this machine.
class Serving : public testing::Test {
 protected:
  void SetUp() override {
    const Outcome run = run_thrum(
        {"train", "logistic-regression", breast_cancer, "--target", "diagnosis", "-o", folder_.file("m.thrum"), "-q"});
    ASSERT_EQ(run.exit_code, 0) << run.err;
  }

  ThrumProcess& start(std::vector<std::string> flags = {}) {
    std::vector<std::string> arguments = {"serve", folder_.file("m.thrum"), "-b", "127.0.0.1:0"};
    arguments.insert(arguments.end(), flags.begin(), flags.end());
    server_ = std::make_unique<ThrumProcess>(arguments, folder_.path());
    EXPECT_TRUE(server_->wait_for_err("Listening at: http://127.0.0.1:")) << server_->err();
    EXPECT_TRUE(server_->wait_for_err("Booting worker")) << server_->err();
    const std::string log = server_->err();
    const std::string marker = "http://127.0.0.1:";
    const std::size_t at = log.find(marker);
    if (at != std::string::npos) port_ = std::stoi(log.substr(at + marker.size()));
    return *server_;
  }

  int port_ = 0;
  TemporaryFolder folder_;

 private:
  std::unique_ptr<ThrumProcess> server_;
};

TEST_F(Serving, AnswersWithTheScoresAndLabelsOfAnomalies) {
  const Outcome run = run_thrum(
      {"train", "isolation-forest", breast_cancer, "--exclude", "diagnosis", "-o", folder_.file("m.thrum"), "-q"});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  start();
  const std::string answer = post(port_, request_body(1));
  EXPECT_THAT(answer, HasSubstr("{\"predictions\":[0."));
  EXPECT_THAT(answer, HasSubstr("],\"labels\":[\"anomaly\"]}"));
}

TEST_F(Serving, AnswersWhatPredictWrites) {
  start({"-w", "2"});
  const std::string answer = post(port_, request_body(50));
  ASSERT_THAT(answer, testing::StartsWith("HTTP/1.1 200 OK\r\n"));
  const json served = json::parse(answer.substr(answer.find("\r\n\r\n") + 4));
  std::istringstream lines(run_thrum({"predict", folder_.file("m.thrum"), breast_cancer, "--proba"}).out);
  std::string line;
  std::getline(lines, line);
  for (std::size_t i = 0; i < 50; ++i) {
    std::getline(lines, line);
    const std::vector<std::string> fields = fields_of(line);
    EXPECT_EQ(served.at("predictions")[i], fields[0]);
    EXPECT_EQ(served.at("probabilities")[i][0], std::stod(fields[1]));
    EXPECT_EQ(served.at("probabilities")[i][1], std::stod(fields[2]));
  }
}

TEST_F(Serving, TerminationEndsWithCode0) {
  ThrumProcess& server = start();
  server.signal(SIGTERM);
  EXPECT_EQ(server.wait(), 0);
  EXPECT_THAT(server.err(), HasSubstr("Shutting down: Master"));
}

TEST_F(Serving, LogsLinesAsGunicornDoes) {
  const std::string log = start().err();
  EXPECT_THAT(log, testing::ContainsRegex("\\[20[0-9-]+ [0-9:]+ [+-][0-9]+\\] \\[[0-9]+\\] \\[INFO\\] Listening at: "));
}

TEST_F(Serving, LogsJsonLinesFromSupervisorAndWorkers) {
  ThrumProcess& server = start({"--log-format", "json"});
  server.signal(SIGTERM);
  server.wait();
  bool worker_seen = false;
  std::istringstream lines(server.err());
  for (std::string line; std::getline(lines, line);) {
    worker_seen = worker_seen || json::parse(line).at("message").get<std::string>().starts_with("Booting worker");
  }
  EXPECT_TRUE(worker_seen) << server.err();
}

TEST_F(Serving, PortInUseEndsWithCode6AndTheRemedy) {
  start();
  const Outcome run = run_thrum({"serve", folder_.file("m.thrum"), "-b", "127.0.0.1:" + std::to_string(port_)});
  EXPECT_EQ(run.exit_code, 6);
  EXPECT_THAT(run.err, testing::EndsWith("thrum: error: [serve] cannot listen at 127.0.0.1:" + std::to_string(port_) +
                                         ": Address already in use\n  another process listens there; choose another "
                                         "port, or 0 for any\n"));
}

TEST_F(Serving, HangUpReadsSettingsAndModelAgain) {
  std::filesystem::create_directory(folder_.file("models"));
  std::filesystem::rename(folder_.file("m.thrum"), folder_.file("models/m.thrum"));
  folder_.write("thrum.toml", "[serve]\nbind = \"127.0.0.1:0\"\nchdir = \"models\"\n");
  ThrumProcess server({"serve", "m.thrum"}, folder_.path(), {.folder = folder_.path()});
  ASSERT_TRUE(server.wait_for_err("Booting worker")) << server.err();
  folder_.write("thrum.toml",
                "[serve]\nbind = \"127.0.0.1:0\"\nchdir = \"models\"\nworkers = 3\nlog_level = \"warning\"\n");
  server.signal(SIGHUP);
  ASSERT_TRUE(server.wait_for_err("Reloaded")) << server.err();
  EXPECT_THAT(server.err(), testing::Not(HasSubstr("is not as before")));
  const Outcome run = run_thrum({"train", "logistic-regression", breast_cancer, "--target", "diagnosis", "--exclude",
                                 "mean_radius", "-o", folder_.file("models/m.thrum"), "-q"});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  server.signal(SIGHUP);
  EXPECT_TRUE(
      server.wait_for_err("[WARNING] The model \"model\" is not as before: features removed: \"mean_radius\"\n"))
      << server.err();
  std::filesystem::remove(folder_.file("models/m.thrum"));
  server.signal(SIGHUP);
  EXPECT_TRUE(server.wait_for_err("[ERROR] Cannot reload, the old model and settings stay: thrum: error: "))
      << server.err();
  EXPECT_THAT(server.err(), HasSubstr("m.thrum"));
  std::filesystem::remove(folder_.file("thrum.toml"));
  ASSERT_EQ(mkfifo(folder_.file("thrum.toml").c_str(), 0600), 0);
  server.signal(SIGHUP);
  EXPECT_TRUE(
      server.wait_for_err("[read] cannot read thrum.toml: not a regular file; copy what it gives into a file "
                          "first\n"))
      << server.err();
  server.signal(SIGTERM);
  EXPECT_EQ(server.wait(), 0);
  EXPECT_THAT(server.err(), testing::Not(HasSubstr("Shutting down"))) << "the new level lets it pass";
}

TEST_F(Serving, KeepsTheModelWhoseFileIsSpoilt) {
  const std::string model = folder_.file("m.thrum");
  ThrumProcess& server = start();
  const auto body = [&] {
    const std::string answer = post(port_, request_body(3));
    return answer.substr(answer.find("\r\n\r\n"));
  };
  const std::string before = body();
  ASSERT_THAT(before, HasSubstr("predictions"));
  const std::uintmax_t size = std::filesystem::file_size(model);
  const std::vector<std::pair<std::function<void()>, std::string>> cases = {
      {[&] { std::filesystem::resize_file(model, size / 2); }, "m.thrum] is cut off or damaged: "},
      {[&] { folder_.write("m.thrum", std::string(size, 'x')); },
       "m.thrum] is not a Thrum model file, or only its beginning\n"},
      {[&] { std::filesystem::remove(model); }, "No such file or directory"},
  };
  for (const auto& [spoil, reason] : cases) {
    spoil();
    EXPECT_EQ(body(), before) << reason;
    server.signal(SIGHUP);
    EXPECT_TRUE(server.wait_for_err(reason)) << server.err();
    EXPECT_EQ(body(), before) << reason;
  }
}

TEST_F(Serving, AModelThatMemoryDoesNotSufficeForIsNotServed) {
  if (THRUM_SANITIZED) GTEST_SKIP() << "a sanitizer reserves terabytes of it";
  const std::string large = folder_.write("large.thrum", "");
  std::filesystem::resize_file(large, std::uintmax_t{4} << 30);  // takes no room
  const std::string limited =
      "ulimit -v 2000000; exec timeout -s KILL 60 " THRUM_BINARY " serve " + large + " 2> " + folder_.file("said");
  EXPECT_EQ(WEXITSTATUS(std::system(limited.c_str())), 6);
  const std::string reason = "thrum: error: [read] cannot read " + large + ": Cannot allocate memory";
  EXPECT_EQ(read_text(folder_.file("said")), reason + "\n");
  std::filesystem::create_symlink("m.thrum", folder_.file("now.thrum"));
  ThrumProcess server({"serve", folder_.file("now.thrum"), "-b", "127.0.0.1:0"}, folder_.path());
  ASSERT_TRUE(server.wait_for_err("Booting worker")) << server.err();
  const rlimit limit{std::size_t{2} << 30, std::size_t{2} << 30};
  ASSERT_EQ(prlimit(server.pid(), RLIMIT_AS, &limit, nullptr), 0);
  std::filesystem::rename(large, folder_.file("now.thrum"));
  server.signal(SIGHUP);
  EXPECT_TRUE(
      server.wait_for_err("[ERROR] Cannot reload, the old model and settings stay: thrum: error: [read] cannot "
                          "read " +
                          folder_.file("now.thrum") + ": Cannot allocate memory\n"))
      << server.err();
  server.signal(SIGTERM);
  EXPECT_EQ(server.wait(), 0);
}

TEST_F(Serving, ChecksAndPrintsItsSettings) {
  const Outcome printed = run_thrum({"serve", folder_.file("m.thrum"), "-w", "3", "-b", "127.0.0.1:0", "-b", ":0", "-j",
                                     "2", "--keep-alive", "2.5", "--access-logformat", "\"%(r)s\"", "--print-config"});
  ASSERT_EQ(printed.exit_code, 0) << printed.err;
  EXPECT_THAT(printed.out, testing::StartsWith("[serve]\nbind = \"127.0.0.1:0,:0\"\n"));
  folder_.write("s.toml", printed.out);
  const Outcome again = run_thrum({"serve", folder_.file("m.thrum"), "-c", folder_.file("s.toml"), "--print-config"});
  EXPECT_EQ(again.out, printed.out) << again.err;
  const Outcome checked = run_thrum({"serve", folder_.file("m.thrum"), "-c", folder_.file("s.toml"), "--check-config"});
  EXPECT_EQ(checked.exit_code, 0);
  EXPECT_EQ(checked.out + checked.err, "");
  EXPECT_EQ(run_thrum({"serve", folder_.file("none.thrum"), "--check-config"}).exit_code, 4);
  const Outcome wrong = run_thrum({"serve", folder_.file("m.thrum"), "--umask", "9", "--check-config"});
  EXPECT_EQ(wrong.exit_code, 2);
  EXPECT_EQ(wrong.err, "thrum: error: [umask] expected an octal number up to 777, got \"9\"\n");
  EXPECT_EQ(run_thrum({"serve", folder_.file("m.thrum"), "--chdir", "/nowhere", "--check-config"}).err,
            "thrum: error: [serve] cannot go to the folder /nowhere: No such file or directory\n");
}

TEST_F(Serving, TakesEachOfItsFlags) {
  const auto settings_of = [](std::vector<std::string> flags) {
    flags.insert(flags.begin(), {"serve", "--print-config", "--json"});
    const Outcome run = run_thrum(flags);
    EXPECT_EQ(run.exit_code, 0) << run.err;
    return json::parse(run.out);
  };
  const std::string token_file = folder_.write("tokens", std::string(32, 'a'));
  std::filesystem::permissions(token_file, std::filesystem::perms(0600));
  const std::map<std::string, std::string> texts = {{"bind", "127.0.0.1:0"},
                                                    {"model_repository", folder_.path().string()},
                                                    {"chdir", folder_.path().string()},
                                                    {"user", std::to_string(geteuid())},
                                                    {"group", std::to_string(getegid())},
                                                    {"umask", "007"},
                                                    {"pid", folder_.file("pid")},
                                                    {"token_file", token_file},
                                                    {"admin_token_file", token_file},
                                                    {"cors_origin", "*"},
                                                    {"access_logfile", "-"},
                                                    {"access_logformat", "%(r)s"},
                                                    {"error_logfile", folder_.file("errors")},
                                                    {"log_level", "debug"}};
  const json initial = settings_of({folder_.file("m.thrum")});
  json wanted = initial;
  std::vector<std::string> flags;
  for (auto& [name, value] : wanted.items()) {
    if (value.is_string()) {
      value = texts.at(name);
    } else if (value.is_boolean()) {
      value = !value.get<bool>();
    } else {
      value = value.is_number_integer() ? json(value.get<int>() + 1) : json(value.get<double>() + 1);
    }
    std::string flag = "--" + name;
    std::ranges::replace(flag, '_', '-');
    flags.push_back(flag + "=" + (value.is_string() ? value.get<std::string>() : value.dump()));
  }
  EXPECT_EQ(settings_of(flags), wanted);
  EXPECT_GE(wanted.size(), 30u);
}

TEST_F(Serving, ChecksItsSettingsAsAStartDoes) {
  const std::string open = folder_.write("open", std::string(32, 'a'));
  const std::string shortened = folder_.write("short", "abc");
  std::filesystem::permissions(open, std::filesystem::perms(0644));
  std::filesystem::permissions(shortened, std::filesystem::perms(0600));
  const std::string gone = ": No such file or directory\n";
  struct Case {
    std::string flag, value;
    int exit_code;
    std::string message;
  };
  const std::vector<Case> cases = {
      {"--token-file", "/none/t", 6, "[serve] cannot read the token file /none/t" + gone},
      {"--admin-token-file", "/none/t", 6, "[serve] cannot read the token file /none/t" + gone},
      {"--token-file", open, 2, "[serve] others may read or write the token file " + open + " (mode 0644)\n"},
      {"--token-file", shortened, 2, "[serve] " + shortened + ":1: expected a token of at least 16 letters"},
      {"--cors-origin", "foo", 2, "[cors_origin] expected * or an origin such as https://app.example, got \"foo\"\n"},
      {"--access-logformat", "%(zz)s", 2, "[access_logformat] expected an atom, got \"%(zz)s\" in \"%(zz)s\"\n"},
      {"--access-logfile", "/none/x", 6, "[serve] cannot write to the log file /none/x" + gone},
      {"--error-logfile", "/none/x", 6, "[serve] cannot write to the log file /none/x" + gone},
      {"--error-logfile", "/dev", 6, "[serve] cannot write to the log file /dev: Is a directory\n"},
      {"--pid", "/none/x", 6, "[serve] cannot write the pid file /none/x" + gone},
      {"--pid", open + "/x", 6, "[serve] cannot write the pid file " + open + "/x: Not a directory\n"},
      {"--pid", "/dev", 6, "[serve] cannot write the pid file /dev: Is a directory\n"},
      {"-b", "unix:/proc/self/fd/0", 6, "[serve] cannot listen at unix:/proc/self/fd/0: Address already in use\n"},
      {"-b", "unix:/none/x", 6, "[serve] cannot listen at unix:/none/x" + gone},
      {"-b", "unix:" + open, 6, "[serve] cannot listen at unix:" + open + ": Address already in use\n"},
      {"-b", "fd://77", 2, "[serve] expected a listening socket, got \"fd://77\"\n"},
      {"-b", "203.0.113.7:0", 6, "[serve] cannot listen at 203.0.113.7:0: Cannot assign requested address\n"},
      {"-b", "127.0.0.1:4711,:4711", 2,
       "[serve] cannot listen at both 127.0.0.1:4711 and :4711\n  who asks one asks the other: name one of "
       "them\n"},
  };
  for (const Case& wrong : cases) {
    const std::vector<std::string> start = {"serve", folder_.file("m.thrum"), wrong.flag, wrong.value};
    std::vector<std::string> check = start;
    check.emplace_back("--check-config");
    const Outcome checked = run_thrum(check);
    EXPECT_EQ(checked.exit_code, wrong.exit_code) << checked.err;
    EXPECT_THAT(checked.err, testing::StartsWith("thrum: error: " + wrong.message));
    EXPECT_EQ(run_thrum(start).err, checked.err);
  }
  const Outcome fine = run_thrum({"serve", folder_.file("m.thrum"), "--error-logfile", folder_.file("log"), "--pid",
                                  folder_.file("pid"), "--check-config"});
  EXPECT_EQ(fine.exit_code, 0) << fine.err;
  EXPECT_FALSE(std::filesystem::exists(folder_.file("log"))) << "a check leaves a trace";
}

TEST_F(Serving, ReadsASimpleConfigOfGunicorns) {
  const std::string config = folder_.write("gunicorn.conf.py",
                                           "# ours\nbind = ['127.0.0.1:0']\nworkers = 3\ntimeout = 20\nkeepalive = 5\n"
                                           "graceful_timeout = 40\nmax_requests = 1000\nmax_requests_jitter = 50\n"
                                           "limit_request_line = 4094\nlimit_request_field_size = 4000\n"
                                           "accesslog = '-'\naccess_log_format = '%(r)s'\nerrorlog = 'errors'\n"
                                           "loglevel = 'warning'\npidfile = 'pid'\nworker_connections = 500\n");
  const Outcome run = run_thrum({"serve", folder_.file("m.thrum"), "-c", config, "--print-config"});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  for (const char* line :
       {"bind = \"127.0.0.1:0\"", "workers = 3", "timeout = 20", "keep_alive = 5", "graceful_timeout = 40",
        "max_requests = 1000", "max_requests_jitter = 50", "limit_request_line = 4094",
        "limit_request_field_size = 4000", "access_logfile = \"-\"", "access_logformat = \"%(r)s\"",
        "error_logfile = \"errors\"", "log_level = \"warning\"", "pid = \"pid\"", "worker_connections = 500"}) {
    EXPECT_THAT(run.out, HasSubstr(std::string("\n") + line + "\n"));
  }
}

TEST_F(Serving, ReadsTheLiteralsOfPythonAndNothingElse) {
  const std::string config =
      folder_.write("gunicorn.conf.py",
                    "bind = [\n  'localhost:1',\n]\nworkers = 2\nreuse_port = True # all\npidfile = 'pid'\n"
                    "pidfile = None\nuser=None\nworkers = 3\nbind = '127.0.0.1:0'\nloglevel = 'DEBUG'\n");
  const Outcome run = run_thrum({"serve", folder_.file("m.thrum"), "-c", config, "--print-config", "--json"});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  const json settings = json::parse(run.out);
  EXPECT_EQ(settings.at("reuse_port"), true);
  EXPECT_EQ(settings.at("pid"), "");
  EXPECT_EQ(settings.at("workers"), 3);
  EXPECT_EQ(settings.at("bind"), "127.0.0.1:0");
  EXPECT_EQ(settings.at("log_level"), "debug");
  for (const std::string line : {"import multiprocessing", "workers = 2 * 4 + 1", "bind = ('a:1', 'b:2')",
                                 "worker_tmp_dir = os.environ['A']", "def on_exit(server):"}) {
    folder_.write("gunicorn.conf.py", "# ours\ntimeout = 20\n" + line + "\nkeepalive = 3\n");
    const Outcome refused = run_thrum({"serve", folder_.file("m.thrum"), "-c", config, "--check-config"});
    EXPECT_EQ(refused.exit_code, 2);
    EXPECT_EQ(refused.err, "thrum: error: [" + config +
                               ":3] expected NAME = a text, a number, True, False, None or a list, got \"" + line +
                               "\"\n  no Python runs here: write the value itself, such as workers = 9, and leave out "
                               "import, def and what computes\n");
  }
}

TEST_F(Serving, WarnsOfGunicornsVariableThatItDoesNotRead) {
  const Outcome run = run_thrum({"serve", folder_.file("m.thrum"), "--check-config"},
                                {.environment = {{"GUNICORN_CMD_ARGS", "--workers 3"}}});
  EXPECT_EQ(run.exit_code, 0);
  EXPECT_THAT(run.err, testing::EndsWith(" [WARNING] GUNICORN_CMD_ARGS is not read here: put its flags behind thrum "
                                         "serve, or into $THRUM_WORKERS and the like\n"));
}

TEST_F(Serving, TellsWhatIsInPlaceOfASettingOfGunicorns) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"preload_app = true", "preload_app here\n  leave it out: workers always share one copy of the model"},
      {"worker_class = 'gevent'",
       "worker_class here\n  every worker is an event loop: -w sets how many, -j the threads of each"},
      {"statsd_host = 'a:1'", "statsd_host here\n  let Prometheus read GET /metrics"},
      {"wsgi_app = 'a:b'", "wsgi_app here\n  name the model: thrum serve MODEL"}};
  for (const auto& [line, text] : cases) {
    const std::string config = folder_.write("c.toml", line + "\n");
    const Outcome run = run_thrum({"serve", folder_.file("m.thrum"), "-c", config, "--check-config"});
    EXPECT_EQ(run.exit_code, 2);
    EXPECT_EQ(run.err, "thrum: error: [" + config + ":1:1] there is no " + text + "\n");
  }
}

TEST_F(Serving, TakesTheNumberOfWorkersFromTheVariableOfGunicorns) {
  const std::vector<std::string> command = {"serve", folder_.file("m.thrum"), "--print-config"};
  EXPECT_THAT(run_thrum(command, {.environment = {{"WEB_CONCURRENCY", "3"}}}).out, HasSubstr("\nworkers = 3\n"));
  EXPECT_THAT(run_thrum(command, {.environment = {{"WEB_CONCURRENCY", "3"}, {"THRUM_WORKERS", "2"}}}).out,
              HasSubstr("\nworkers = 2\n"));
}

TEST_F(Serving, TellsWhatIsInPlaceOfGunicornsFlags) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases = {
      {{"-k", "gevent"}, "-k here\n  every worker is an event loop: -w sets how many, -j the threads of each"},
      {{"--worker-class=sync"},
       "--worker-class here\n  every worker is an event loop: -w sets how many, -j the threads of each"},
      {{"--preload"}, "--preload here\n  leave it out: workers always share one copy of the model"},
      {{"-D"}, "-D here\n  let systemd run it, or the shell: nohup thrum serve MODEL &"},
      {{"--certfile", "a"}, "--certfile here\n  let a proxy in front speak TLS, such as nginx"},
  };
  for (const auto& [flags, text] : cases) {
    std::vector<std::string> arguments = {"serve", folder_.file("m.thrum")};
    arguments.insert(arguments.end(), flags.begin(), flags.end());
    const Outcome run = run_thrum(arguments);
    EXPECT_EQ(run.exit_code, 2);
    EXPECT_EQ(run.err, "thrum: error: [serve] there is no " + text + "\n");
  }
}

TEST_F(Serving, BadRequestNamesThePlace) {
  start();
  EXPECT_THAT(post(port_, "{\"instances\":[{\"mean_radius\":"), testing::StartsWith("HTTP/1.1 400"));
}

}  // namespace
}  // namespace thrum::test
