#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

extern "C" {  // glibc 2.36 forgot it
#include <sys/pidfd.h>
}

#include <cstdlib>
#include <list>
#include <memory>

#include "thrum/core/mutex.h"
#include "thrum/runtime/process/descriptor_socket_internal.h"
#include "thrum/runtime/process/lasting_thread_internal.h"
#include "thrum/runtime/process/process_end_internal.h"
#include "thrum/runtime/process/process_role_internal.h"
#include "thrum/runtime/process/wire.h"
#include "thrum/runtime/system_error_internal.h"

namespace thrum {
namespace {

// A request carries, as descriptors, first where the end of the child is to be told, then those of its role; as bytes:
struct Request {
  ProcessRole role = ProcessRole::call;
  std::string name;
  std::vector<std::pair<std::string, std::string>> environment;
};

// The answer carries a descriptor that refers to the child.
struct Answer {
  pid_t pid = 0;
  int error = 0;
};

/// The server's side of one child.
struct Child {
  UniqueFd pidfd;
  UniqueFd end;
};

/// Gives the descriptors the numbers that a role expects, and closes all others.
void place_descriptors(std::vector<UniqueFd>& descriptors) {
  const auto n = static_cast<int>(descriptors.size());
  for (UniqueFd& descriptor : descriptors) {
    descriptor.reset(::fcntl(descriptor.release(), F_DUPFD, first_descriptor + n));  // above their places
  }
  for (int i = 0; i < n; ++i) ::dup2(descriptors[static_cast<std::size_t>(i)].release(), first_descriptor + i);
  ::close_range(static_cast<unsigned>(first_descriptor + n), ~0U, 0);
}

[[noreturn]] void live_as_child(const Request& request, std::vector<UniqueFd> descriptors, pid_t server) {
  if (!die_with_parent(server)) ::_exit(1);
  ::setpgid(0, 0);
  ::signal(SIGPIPE, SIG_DFL);
  ::prctl(PR_SET_NAME, request.name.c_str());
  for (const auto& [name, value] : request.environment) ::setenv(name.c_str(), value.c_str(), 1);
  place_descriptors(descriptors);
  std::exit(play_role(request.role));
}

class Server {
 public:
  explicit Server(int socket) : socket_(socket) {}

  /// Until the other end is closed.
  void run() {
    for (;;) {
      std::vector<pollfd> events = {{socket_, POLLIN, 0}};
      for (const Child& child : children_) events.push_back({child.pidfd.get(), POLLIN, 0});
      if (::poll(events.data(), events.size(), -1) < 0) continue;
      report_ends();
      if (events[0].revents != 0 && !answer()) return;
    }
  }

 private:
  void report_ends() {
    std::erase_if(children_, [](const Child& child) {
      siginfo_t info{};
      const int waited = ::waitid(P_PIDFD, static_cast<id_t>(child.pidfd.get()), &info, WEXITED | WNOHANG);
      if (waited != 0 || info.si_pid == 0) return false;
      const ProcessEnd end = process_end_of(info);
      [[maybe_unused]] const ssize_t told = ::write(child.end.get(), &end, sizeof end);
      return true;
    });
  }

  bool answer() {
    std::optional<DescriptorPacket> packet = receive_packet(socket_);
    if (!packet) return false;
    const auto request = WireReader(packet->bytes).read<Request>();
    UniqueFd end = std::move(packet->descriptors.front());
    packet->descriptors.erase(packet->descriptors.begin());
    const pid_t server = ::getpid();
    const pid_t pid = ::fork();
    if (pid == 0) live_as_child(request, std::move(packet->descriptors), server);
    send_answer(pid, std::move(end));
    return true;
  }

  void send_answer(pid_t pid, UniqueFd end) {
    const Answer answer{pid, pid < 0 ? errno : 0};
    const ByteSpan bytes = std::as_bytes(std::span(&answer, 1));
    if (pid < 0) return static_cast<void>(send_packet(socket_, bytes, {}));
    children_.push_back({UniqueFd(::pidfd_open(pid, 0)), std::move(end)});
    const int pidfd = children_.back().pidfd.get();
    send_packet(socket_, bytes, {&pidfd, 1});
  }

  int socket_;
  std::list<Child> children_;
};

/// Our side: one server for the process, started when it is first wanted, and anew should it die. Thread-safe.
class ForkServer {
 public:
  Process start(const RoleCommand& command) THRUM_EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    if (!process_ || !process_->running()) launch();
    auto [reader, writer] = make_os_pipe();
    ask(command, writer.get());
    writer.reset();
    return receive(command, std::move(reader));
  }

 private:
  void launch() THRUM_REQUIRES(mutex_) {
    auto [ours, theirs] = make_socket_pair();
    const RoleCommand command{ProcessRole::fork_server, "thrum-fork-server", {}, {theirs.get()}};
    std::unique_ptr<Process> process;
    run_in_lasting_thread([&] { process = std::make_unique<Process>(start_role(command, StartMethod::spawn)); });
    process_ = std::move(process);
    socket_ = std::move(ours);
  }

  void ask(const RoleCommand& command, int end) THRUM_REQUIRES(mutex_) {
    WireWriter request;
    request.write(Request{command.role, command.name, command.environment});
    std::vector<int> descriptors = {end};
    descriptors.insert(descriptors.end(), command.descriptors.begin(), command.descriptors.end());
    if (!send_packet(socket_.get(), request.bytes(), descriptors)) throw_io("[process] cannot reach the fork server");
  }

  Process receive(const RoleCommand& command, UniqueFd end) THRUM_REQUIRES(mutex_) {
    std::optional<DescriptorPacket> packet = receive_packet(socket_.get());
    if (!packet) throw Error(ErrorCode::remote, "[process] the fork server has ended");
    const auto answer = WireReader(packet->bytes).read<Answer>();
    if (answer.error != 0 || packet->descriptors.empty()) throw_io("[process] cannot fork", answer.error);
    return Process(command.name, answer.pid, std::move(packet->descriptors.front()), std::move(end));
  }

  Mutex mutex_;
  std::unique_ptr<Process> process_ THRUM_GUARDED_BY(mutex_);
  UniqueFd socket_ THRUM_GUARDED_BY(mutex_);
};

}  // namespace

int serve_forks() {
  ::signal(SIGPIPE, SIG_IGN);
  return run_as_process([] { Server(first_descriptor).run(); });
}

Process start_by_fork_server(const RoleCommand& command) {
  static ForkServer server;
  return server.start(command);
}

}  // namespace thrum
