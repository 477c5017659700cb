#include "thrum/serve/server_fixture_test.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <new>
#include <thread>

#include "thrum/core/error.h"
#include "thrum/core/log.h"
#include "thrum/model/linear/logistic_regression_model.h"
#include "thrum/runtime/memfd.h"
#include "thrum/serve/fake_predictor_test.h"
#include "thrum/serve/service_internal.h"
#include "thrum/serve/supervisor_internal.h"
#include "thrum/serve/worker_process_internal.h"

namespace thrum {
namespace {

constexpr std::string_view supervisor_command = "test-supervisor";
constexpr std::array<std::string_view, 4> never_serving = {"bad", "huge", "killed", "lost"};

class MisbehavingPredictor : public FakePredictor {
 public:
  using FakePredictor::FakePredictor;

  void predict(MatrixView<const double> rows, MatrixView<double> outputs) const noexcept override {
    if (rows(0, 0) == 666) std::abort();
    while (rows(0, 0) == 777) asm volatile("");
    FakePredictor::predict(rows, outputs);
  }
};

void log_to_stderr(LogLevel level, std::string_view message) {
  const char* names[] = {"DEBUG", "INFO", "WARNING", "ERROR"};
  const std::string line =
      "[" + std::to_string(getpid()) + "] [" + names[static_cast<int>(level)] + "] " + std::string(message) + "\n";
  if (write(STDERR_FILENO, line.data(), line.size()) < 0) std::abort();
}

void set_option(ServeOptions& options, const std::string& text) {
  const std::size_t equals = text.find('=');
  find_option(serve_option_fields(), text.substr(0, equals)).set(&options, text.substr(equals + 1));
}

/// The image that `argument` means, with the options beside it.
std::string read_image(const std::string& argument, ServeOptions& options) {
  if (!argument.starts_with('@')) return argument;
  std::ifstream file(argument.substr(1));
  std::string image, line;
  if (!std::getline(file, image)) throw Error(ErrorCode::io, "[test] cannot read " + argument.substr(1));
  while (std::getline(file, line)) set_option(options, line);
  return image;
}

int run_supervisor(int argc, char** argv) {
  try {
    ServeOptions options;
    for (int i = 3; i < argc; ++i) set_option(options, argv[i]);
    const std::string image = read_image(argv[2], options);
    if (image == "none") {
      Server().serve(options);
    } else if (image == "model") {
      serve(*people_model(), options);
    } else {
      serving::supervise(share_bytes("image", bytes_of(image)), options);
    }
    return 0;
  } catch (const Error& error) {
    log_to_stderr(LogLevel::error, error.what());
    return 3;
  }
}

int run_worker(int argc, char** argv) {
  return serving::worker_main(argc, argv, [](const serving::ServiceParts& parts) -> std::unique_ptr<RequestHandler> {
    const std::string_view image = text_of(parts.image);
    if (image == "bad") throw Error(ErrorCode::corrupt_data, "[image] not a model");
    if (image == "huge") throw std::bad_alloc();
    if (image == "killed") kill(getpid(), SIGKILL);
    if (image == "lost") Server().serve(parts.options);
    std::vector<serving::ServedModel> models;
    if (image == "good") {
      models.push_back({"people", "1", std::make_unique<MisbehavingPredictor>(people_schema(Task::classification))});
    } else if (image == "regression") {
      models.push_back({"people", "1", std::make_unique<FakePredictor>(people_schema(Task::regression))});
    } else {
      return serving::open_service(parts, Routes());
    }
    auto service = std::make_unique<serving::Service>(std::move(models), Routes(), parts.options);
    service->show_metrics(parts.board);
    return service;
  });
}

std::size_t count(std::string_view text, std::string_view part) {
  std::size_t n = 0;
  for (std::size_t at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1)) ++n;
  return n;
}

/// The number after each `label`.
std::vector<int> numbers_after(const std::string& text, std::string_view label) {
  std::vector<int> numbers;
  for (std::size_t at = text.find(label); at != std::string::npos; at = text.find(label, at + 1)) {
    numbers.push_back(std::atoi(text.c_str() + at + label.size()));
  }
  return numbers;
}

}  // namespace

std::unique_ptr<Model> people_model() {
  const Schema schema = people_schema(Task::classification);
  Encoder encoder(schema, {{.mean = 38, .scale = 14, .fill = 38}, {}, {.mean = 40, .scale = 12, .fill = 40}});
  return std::make_unique<LogisticRegressionModel>(
      LogisticRegressionModel::Parts{.schema = schema,
                                     .encoder = std::move(encoder),
                                     .coefficients = {0.7, -0.25, 0.125, 0.5, 0.3},
                                     .intercepts = {-1.5},
                                     .training = {}});
}

bool becomes_true(const std::function<bool()>& is_true, std::chrono::milliseconds deadline) {
  const auto end = std::chrono::steady_clock::now() + deadline;
  while (!is_true()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

bool is_alive(pid_t pid) {
  std::ifstream stat("/proc/" + std::to_string(pid) + "/stat");
  std::string number, name, state;
  // A zombie, which waits for whoever inherited it to ask for its exit code, is dead.
  return static_cast<bool>(stat >> number >> name >> state) && state != "Z";
}

TestServer::TestServer(std::vector<std::string> options, const std::string& image, const std::string& log_file)
    : log_(log_file.empty() ? memfd_create("log", 0) : open(log_file.c_str(), O_RDWR | O_CREAT, 0600)) {
  fcntl(log_.get(), F_SETFL, O_APPEND);  // or lines that two processes write at once would lie upon each other
  options.insert(options.begin(), {"test", std::string(supervisor_command), image, "bind=127.0.0.1:0"});
  std::vector<char*> argv;
  argv.reserve(options.size() + 1);
  for (std::string& option : options) argv.push_back(option.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, log_.get(), STDERR_FILENO);
  EXPECT_EQ(posix_spawn(&pid_, "/proc/self/exe", &actions, nullptr, argv.data(), environ), 0);
  posix_spawn_file_actions_destroy(&actions);
  if (std::ranges::find(never_serving, image) != never_serving.end()) return;
  EXPECT_TRUE(log_comes_to_have("Listening at: http://127.0.0.1:"));
  port_ = static_cast<std::uint16_t>(numbers_after(log(), "Listening at: http://127.0.0.1:").at(0));
  EXPECT_EQ(TestClient(port_).ask(get("/health")).substr(0, 12), "HTTP/1.1 200") << log();
}

TestServer::~TestServer() {
  if (pid_ != 0) {
    signal(SIGKILL);
    wait_for_exit();
  }
  EXPECT_EQ(log().find("Sanitizer"), std::string::npos) << log();
}

std::string TestServer::log() const {
  std::string text(static_cast<std::size_t>(lseek(log_.get(), 0, SEEK_END)), '\0');
  EXPECT_EQ(pread(log_.get(), text.data(), text.size(), 0), static_cast<ssize_t>(text.size()));
  return text;
}

bool TestServer::log_comes_to_have(std::string_view text, int times) const {
  return becomes_true([&] { return count(log(), text) >= static_cast<std::size_t>(times); });
}

std::vector<pid_t> TestServer::workers() const {
  return numbers_after(log(), "Booting worker with pid: ");
}

void TestServer::signal(int number) const {
  kill(pid_, number);
}

int TestServer::wait_for_exit() {
  int status = 0;
  waitpid(pid_, &status, 0);
  pid_ = 0;
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

TestClient::TestClient(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  connect_to(reinterpret_cast<const sockaddr*>(&address), sizeof address);
}

TestClient::TestClient(const std::string& unix_path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  unix_path.copy(address.sun_path, sizeof address.sun_path - 1);
  connect_to(reinterpret_cast<const sockaddr*>(&address), sizeof address);
}

void TestClient::connect_to(const sockaddr* address, socklen_t size) {
  socket_.reset(socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const timeval limit{30, 0};  // a test that waits for ever says nothing
  setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  setsockopt(socket_.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  if (connect(socket_.get(), address, size) != 0) socket_.reset();
}

void TestClient::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n <= 0) return;  // the reply, or its absence, tells
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
}

void TestClient::shut_down() {
  shutdown(socket_.get(), SHUT_WR);
}

void TestClient::vanish() {
  const linger none{1, 0};
  setsockopt(socket_.get(), SOL_SOCKET, SO_LINGER, &none, sizeof none);
  socket_.reset();
}

bool TestClient::read_more() {
  char buffer[65536];
  const ssize_t n = recv(socket_.get(), buffer, sizeof buffer, 0);
  if (n <= 0) return false;
  bytes_.append(buffer, static_cast<std::size_t>(n));
  return true;
}

std::string TestClient::reply() {
  std::size_t end = 0;
  while ((end = bytes_.find("\r\n\r\n")) == std::string::npos) {
    if (!read_more()) return "";
  }
  const std::vector<int> length = numbers_after(bytes_.substr(0, end), "Content-Length: ");
  end += 4 + (length.empty() ? 0 : static_cast<std::size_t>(length[0]));
  while (bytes_.size() < end) {
    if (!read_more()) return "";
  }
  const std::string text = bytes_.substr(0, end);
  bytes_.erase(0, end);
  return text;
}

std::string TestClient::ask(std::string_view request) {
  send(request);
  return reply();
}

bool TestClient::is_closed() {
  return bytes_.empty() && !read_more();
}

std::string get(const std::string& path) {
  return "GET " + path + " HTTP/1.1\r\nHost: a\r\n\r\n";
}

std::string ask_for(int age) {
  const std::string body = R"({"instances":[{"age":)" + std::to_string(age) + R"(,"work class":"1","hours":0}]})";
  return "POST /predict HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::string prediction(int age) {
  const double p = age / 64.0;
  char text[200];
  std::snprintf(text, sizeof text,
                R"({"predictions":["%s"],"probabilities":[[%.15g,%.15g]],"classes":["<=50K",">50K"]})",
                p > 0.5 ? ">50K" : "<=50K", 1 - p, p);
  return text;
}

}  // namespace thrum

int main(int argc, char** argv) {
  thrum::set_log_sink(thrum::log_to_stderr);
  const std::string_view command = argc > 1 ? argv[1] : "";
  if (command == thrum::serve_worker_command) return thrum::run_worker(argc, argv);
  if (command == thrum::supervisor_command) return thrum::run_supervisor(argc, argv);
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
