// What a server has to do with the system around it: its user, its files.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "thrum/core/error.h"
#include "thrum/runtime/temporary_folder_test.h"
#include "thrum/runtime/unique_fd.h"
#include "thrum/serve/credentials_internal.h"
#include "thrum/serve/listener_internal.h"
#include "thrum/serve/log_files_internal.h"
#include "thrum/serve/pid_file_internal.h"
#include "thrum/serve/server_fixture_test.h"

namespace thrum::serving {
namespace {

using testing::EndsWith;
using testing::HasSubstr;

std::string text_in(const std::string& path) {
  std::ifstream stream(path);
  return {std::istreambuf_iterator<char>(stream), {}};
}

template <class Step>
std::string error_of(Step&& step) {
  try {
    step();
  } catch (const Error& error) {
    return error.what();
  }
  return "none";
}

TEST(PidFile, IsThereWhileTheProcessRuns) {
  const test::TemporaryFolder folder;
  const std::string path = folder.file("pid");
  {
    const PidFile file(path);
    EXPECT_EQ(text_in(path), std::to_string(getpid()) + "\n");
  }
  EXPECT_EQ(access(path.c_str(), F_OK), -1);
}

TEST(PidFile, OfARunningProcessIsRefusedAndOfADeadOneReplaced) {
  const test::TemporaryFolder folder;
  const std::string path = folder.file("pid");
  std::ofstream(path) << getppid();
  EXPECT_EQ(error_of([&] { const PidFile file(path); }), "[serve] Already running on PID " + std::to_string(getppid()) +
                                                             " (or pid file '" + path +
                                                             "' is stale); stop that server, or choose another --pid");
  std::ofstream(path) << 2147483647;
  const PidFile file(path);
  EXPECT_EQ(text_in(path), std::to_string(getpid()) + "\n");
}

TEST(PidFile, OfAnotherServerIsNotRemoved) {
  const test::TemporaryFolder folder;
  const std::string path = folder.file("pid");
  {
    const PidFile file(path);
    std::ofstream(path) << 4711;
  }
  EXPECT_EQ(text_in(path), "4711");
}

TEST(Credentials, AreThoseOfThisProcessUnlessNamed) {
  EXPECT_FALSE(Credentials::of({}).are_other());
  EXPECT_NO_THROW(Credentials::of({}).take());
  ServeOptions options;
  options.user = "12345";
  options.group = "54321";
  EXPECT_EQ(Credentials::of(options).uid, 12345u);
  EXPECT_EQ(Credentials::of(options).gid, 54321u);
  EXPECT_TRUE(Credentials::of(options).are_other());
  options = {.user = "root"};
  EXPECT_EQ(Credentials::of(options).uid, 0u);
}

TEST(Credentials, RefuseWhomThereIsNot) {
  ServeOptions options;
  options.user = "no-such-user";
  EXPECT_EQ(error_of([&] { Credentials::of(options); }),
            "[user] expected a user of this machine, got \"no-such-user\"");
  options = {};
  options.group = "no-such-group";
  EXPECT_EQ(error_of([&] { Credentials::of(options); }),
            "[group] expected a group of this machine, got \"no-such-group\"");
  options.group = "4294967295";  // would change nothing, and leave the workers root
  EXPECT_EQ(error_of([&] { Credentials::of(options); }),
            "[group] expected a group of this machine, got \"4294967295\"");
}

TEST(Credentials, ThatOnlyRootMayTakeAreRefusedToOthers) {
  const bool is_root = geteuid() == 0;
  if (is_root && seteuid(65534) != 0) std::abort();
  const std::string refusal = error_of([] { check_serve_options({.user = "12345", .group = "54321"}); });
  if (is_root && seteuid(0) != 0) std::abort();
  EXPECT_EQ(
      refusal,
      "[serve] cannot run workers as user 12345 and group 54321: Operation not permitted; start as root, or leave "
      "out --user and --group");
}

TEST(Umask, IsOctal) {
  EXPECT_EQ(parse_umask("027"), 027u);
  for (const std::string text : {"8", "1000", "", "u=rwx"}) {
    EXPECT_EQ(error_of([&] { parse_umask(text); }), "[umask] expected an octal number up to 777, got \"" + text + "\"");
  }
}

TEST(LogFiles, NameTheFileThatCannotBeWritten) {
  ServeOptions options;
  options.error_logfile = "/nowhere/log";
  EXPECT_EQ(error_of([&] { const LogFiles files(options); }),
            "[serve] cannot write to the log file /nowhere/log: No such file or directory");
}

TEST(LogFiles, DoNotWaitForWhoReadsAPipe) {
  const test::TemporaryFolder folder;
  ServeOptions options;
  options.error_logfile = folder.file("pipe");
  ASSERT_EQ(mkfifo(options.error_logfile.c_str(), 0600), 0);
  EXPECT_EQ(error_of([&] { const LogFiles files(options); }),
            "[serve] cannot write to the log file " + options.error_logfile + ": No such device or address");
}

TEST(LogFiles, ThatCannotBeOpenedAgainStay) {
  const test::TemporaryFolder folder;
  ServeOptions options;
  options.access_logfile = folder.file("log");
  LogFiles files(options);
  const int before = files.access_fd();
  options.access_logfile = "/nowhere/log";
  files.reopen();
  EXPECT_EQ(files.access_fd(), before);
}

/// What the descriptors of a process refer to.
std::vector<std::string> descriptors_of(pid_t pid) {
  std::vector<std::string> texts;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/fd")) {
    std::error_code gone;
    texts.push_back(std::filesystem::read_symlink(entry.path(), gone).string());
  }
  return texts;
}

TEST(Server, GivesItsWorkersNoneOfItsOwnFiles) {
  const test::TemporaryFolder folder;
  const std::string path = folder.file("secret");
  const UniqueFd file(open(path.c_str(), O_RDWR | O_CREAT, 0600));  // the supervisor inherits it
  const TestServer server;
  EXPECT_THAT(descriptors_of(server.pid()), testing::Contains(path));
  EXPECT_THAT(descriptors_of(server.workers().at(0)), testing::Not(testing::Contains(path)));
}

TEST(Server, GivesItsWorkersNoneOfItsSignals) {
  sigset_t blocked, before;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGALRM);
  sigprocmask(SIG_BLOCK, &blocked, &before);
  const auto handler = signal(SIGPIPE, SIG_IGN);
  const TestServer server({"workers=1"});
  signal(SIGPIPE, handler);
  sigprocmask(SIG_SETMASK, &before, nullptr);
  const std::string status = text_in("/proc/" + std::to_string(server.workers().at(0)) + "/status");
  EXPECT_THAT(status, HasSubstr("\nSigBlk:\t0000000000004206\n")) << "TERM, USR1, QUIT and INT, which it reads itself";
  const std::string ignored = "\nSigIgn:\t";
  const auto mask = std::stoull(status.substr(status.find(ignored) + ignored.size(), 16), nullptr, 16);
  EXPECT_EQ(mask & 0x7fffffff, 0u) << "but those that the C library keeps for itself";
}

/// Where systemd would listen.
class ServiceSocket {
 public:
  /// `name`: a path, or "@" and an abstract name.
  explicit ServiceSocket(std::string name)
      : name_(std::move(name)), fd_(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    name_.copy(address.sun_path, sizeof address.sun_path);
    if (name_.front() == '@') address.sun_path[0] = '\0';
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name_.size());
    EXPECT_EQ(bind(fd_.get(), reinterpret_cast<const sockaddr*>(&address), size), 0);
    const timeval limit{30, 0};
    setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    setenv("NOTIFY_SOCKET", name_.c_str(), 1);
    setenv("WATCHDOG_USEC", "1000000", 1);
  }
  ~ServiceSocket() {
    unsetenv("NOTIFY_SOCKET");
    unsetenv("WATCHDOG_USEC");
  }
  ServiceSocket(const ServiceSocket&) = delete;
  ServiceSocket& operator=(const ServiceSocket&) = delete;

  /// The next one, but for signs of life.
  std::string message() {
    std::string text;
    do {
      text.resize(4096);
      const ssize_t n = recv(fd_.get(), text.data(), text.size(), 0);
      text.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
      n_beats_ += text == "WATCHDOG=1" ? 1 : 0;
    } while (text == "WATCHDOG=1");
    return text;
  }
  int n_beats() const noexcept { return n_beats_; }

 private:
  std::string name_;
  UniqueFd fd_;
  int n_beats_ = 0;
};

TEST(Server, TellsSystemdHowItIs) {
  const test::TemporaryFolder folder;
  const std::string image = folder.file("image");
  std::ofstream(image) << "good\n";
  ServiceSocket systemd(folder.file("notify"));
  TestServer server({"workers=2"}, "@" + image);
  EXPECT_EQ(systemd.message(), "READY=1\nSTATUS=");
  const std::string environment = text_in("/proc/" + std::to_string(server.workers().at(0)) + "/environ");
  EXPECT_THAT(environment, testing::Not(testing::AnyOf(HasSubstr("NOTIFY_SOCKET"), HasSubstr("WATCHDOG"))));
  server.signal(SIGHUP);
  EXPECT_THAT(systemd.message(), testing::MatchesRegex("RELOADING=1\nMONOTONIC_USEC=[0-9]+"));
  EXPECT_EQ(systemd.message(), "READY=1\nSTATUS=");
  std::filesystem::remove(image);
  server.signal(SIGHUP);
  EXPECT_THAT(systemd.message(), testing::StartsWith("RELOADING=1\n"));
  EXPECT_THAT(systemd.message(), testing::MatchesRegex("READY=1\nSTATUS=Cannot reload, .*cannot read .*"));
  server.signal(SIGTERM);
  EXPECT_EQ(systemd.message(), "STOPPING=1");
  EXPECT_EQ(server.wait_for_exit(), 0);
  EXPECT_GT(systemd.n_beats(), 0);
}

TEST(Server, TellsSystemdWhoSucceedsIt) {
  ServiceSocket systemd("@thrum-test-" + std::to_string(getpid()));
  TestServer server;
  EXPECT_EQ(systemd.message(), "READY=1\nSTATUS=");
  server.signal(SIGUSR2);
  EXPECT_EQ(systemd.message(), "READY=1\nSTATUS=") << "of the new one";
  server.signal(SIGTERM);
  const std::string text = systemd.message();
  ASSERT_THAT(text, testing::MatchesRegex("MAINPID=[0-9]+"));
  EXPECT_EQ(server.wait_for_exit(), 0);
  EXPECT_EQ(kill(std::stoi(text.substr(8)), SIGTERM), 0);
  EXPECT_EQ(systemd.message(), "STOPPING=1");
}

TEST(Server, HasNoThreadButTheFirst) {
  const TestServer server({"workers=2", "threads=4"});
  const auto threads = std::filesystem::directory_iterator("/proc/" + std::to_string(server.pid()) + "/task");
  EXPECT_EQ(std::distance(begin(threads), end(threads)), 1) << "a fork would copy the others' locks";
}

TEST(Server, DealsConnectionsToAllWorkers) {
  const TestServer server({"workers=4"});
  ASSERT_TRUE(server.log_comes_to_have("Booting worker", 4));
  const auto n_sockets = [](pid_t worker) {
    return std::ranges::count_if(descriptors_of(worker), [](const auto& text) { return text.starts_with("socket:"); });
  };
  std::vector<TestClient> clients;
  for (int i = 0; i < 200; ++i) {
    clients.emplace_back(server.port());
    ASSERT_THAT(clients.back().ask(get("/health")), testing::StartsWith("HTTP/1.1 200"));
  }
  for (const pid_t worker : server.workers()) EXPECT_GE(n_sockets(worker), 15) << "of 50 on average, by chance";
}

/// That only root may take, and nobody has.
std::string address_of_root() {
  for (int port = 1023;; --port) {
    const std::string address = "127.0.0.1:" + std::to_string(port);
    if (error_of([&] { const Listener listener(address, 1, {}); }) == "none") return address;
  }
}

TEST(Server, RunsItsWorkersAsAnotherUser) {
  if (getuid() != 0) GTEST_SKIP() << "only root can become another user";
  const test::TemporaryFolder folder;
  ASSERT_EQ(chmod(folder.path().c_str(), 0755), 0);
  const std::string address = address_of_root(), path = folder.file("socket");
  TestServer server({"user=12345", "group=54321", "access_logfile=" + folder.file("log"), "pid=" + folder.file("pid"),
                     "bind=127.0.0.1:0," + address + ",unix:" + path, "umask=007"});
  EXPECT_THAT(TestClient(server.port()).ask(ask_for(16)), EndsWith(prediction(16)));
  const auto port = static_cast<std::uint16_t>(std::stoi(address.substr(address.find(':') + 1)));
  EXPECT_THAT(TestClient(port).ask(ask_for(16)), EndsWith(prediction(16)));
  struct stat info{};
  ASSERT_EQ(stat(path.c_str(), &info), 0);
  EXPECT_EQ(info.st_uid, 12345u);
  EXPECT_EQ(info.st_gid, 54321u);
  EXPECT_EQ(info.st_mode & 0777, 0770u);
  const pid_t worker = server.workers().at(0);
  const std::string status = text_in("/proc/" + std::to_string(worker) + "/status");
  EXPECT_THAT(status, HasSubstr("\nUid:\t12345\t12345\t12345\t12345\n"));
  EXPECT_THAT(status, HasSubstr("\nGid:\t54321\t54321\t54321\t54321\n"));
  EXPECT_THAT(status, HasSubstr("\nGroups:\t54321 \n"));
  EXPECT_EQ(text_in(folder.file("pid")), std::to_string(server.pid()) + "\n");
  EXPECT_TRUE(becomes_true([&] { return !text_in(folder.file("log")).empty(); }));
  server.signal(SIGKILL);
  server.wait_for_exit();
  EXPECT_TRUE(becomes_true([&] { return !is_alive(worker); }))
      << "the kernel forgot the parent with the change of user";
}

}  // namespace
}  // namespace thrum::serving
