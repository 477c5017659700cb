#include "thrum/runtime/process/process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern "C" {  // glibc 2.36 forgot it
#include <sys/pidfd.h>
}

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>

#include "thrum/runtime/advice/process_usage_internal.h"
#include "thrum/runtime/process/process_end_internal.h"
#include "thrum/runtime/system_error_internal.h"

namespace thrum {
namespace {

constexpr int first_inherited = 3;

/// The null-terminated array that exec wants.
class CStrings {
 public:
  void add(std::string text) { texts_.push_back(std::move(text)); }
  char* const* get() {
    pointers_.clear();
    for (std::string& text : texts_) pointers_.push_back(text.data());
    pointers_.push_back(nullptr);
    return pointers_.data();
  }

 private:
  std::vector<std::string> texts_;
  std::vector<char*> pointers_;
};

CStrings arguments_of(const Command& command) {
  CStrings strings;
  strings.add(command.name);
  for (const std::string& argument : command.arguments) strings.add(argument);
  return strings;
}

bool is_replaced(const std::string& entry, const Command& command) {
  for (const auto& [name, value] : command.environment) {
    if (entry.starts_with(name) && entry[name.size()] == '=') return true;
  }
  return false;
}

CStrings environment_of(const Command& command) {
  CStrings strings;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    if (!is_replaced(*entry, command)) strings.add(*entry);
  }
  for (const auto& [name, value] : command.environment) strings.add(fmt::format("{}={}", name, value));
  return strings;
}

/// A descriptor of ours, and the number that it will have there.
struct Gift {
  UniqueFd fd;
  int target;
};

/// Copies at numbers above the targets: no step overwrites another's.
std::vector<Gift> lifted(const Command& command) {
  std::vector<std::pair<int, int>> wanted;
  for (int i = 0; i < first_inherited; ++i) {
    if (command.standard[i] != i) wanted.emplace_back(command.standard[i], i);
  }
  int target = first_inherited;
  for (const int fd : command.inherited) wanted.emplace_back(fd, target++);
  std::vector<Gift> gifts;
  for (const auto& [fd, number] : wanted) {
    gifts.push_back({UniqueFd(::fcntl(fd, F_DUPFD_CLOEXEC, target)), number});
    if (!gifts.back().fd) throw_io(fmt::format("[process] cannot give descriptor {} to a child", fd));
  }
  return gifts;
}

class FileActions {
 public:
  FileActions(const std::vector<Gift>& gifts, int first_closed) {
    posix_spawn_file_actions_init(&actions_);
    for (const Gift& gift : gifts) posix_spawn_file_actions_adddup2(&actions_, gift.fd.get(), gift.target);
    posix_spawn_file_actions_addclosefrom_np(&actions_, first_closed);
  }
  ~FileActions() { posix_spawn_file_actions_destroy(&actions_); }
  FileActions(const FileActions&) = delete;
  FileActions& operator=(const FileActions&) = delete;
  const posix_spawn_file_actions_t* get() const { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_;
};

class Attributes {
 public:
  Attributes() {
    posix_spawnattr_init(&attributes_);
    sigset_t set;
    ::sigfillset(&set);
    posix_spawnattr_setsigdefault(&attributes_, &set);
    ::sigemptyset(&set);
    posix_spawnattr_setsigmask(&attributes_, &set);
    posix_spawnattr_setpgroup(&attributes_, 0);
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
  }
  ~Attributes() { posix_spawnattr_destroy(&attributes_); }
  Attributes(const Attributes&) = delete;
  Attributes& operator=(const Attributes&) = delete;
  const posix_spawnattr_t* get() const { return &attributes_; }

 private:
  posix_spawnattr_t attributes_;
};

pid_t start(const Command& command) {
  CStrings arguments = arguments_of(command);
  CStrings environment = environment_of(command);
  const std::vector<Gift> gifts = lifted(command);
  const FileActions actions(gifts, first_inherited + static_cast<int>(command.inherited.size()));
  const Attributes attributes;
  pid_t pid = 0;
  const int error =
      ::posix_spawn(&pid, command.program.c_str(), actions.get(), attributes.get(), arguments.get(), environment.get());
  if (error != 0) throw_io("[process] cannot start " + command.program, error);
  return pid;
}

/// The system call knows an argument that glibc's function leaves out.
bool wait_for_end(int pidfd, siginfo_t& info, rusage& usage) {
  return ::syscall(SYS_waitid, P_PIDFD, pidfd, &info, WEXITED, &usage) == 0;
}

}  // namespace

ProcessEnd process_end_of(const siginfo_t& info) {
  if (info.si_code == CLD_EXITED) return {info.si_status, 0};
  return {0, info.si_status};
}

std::string ProcessEnd::describe() const {
  if (signal == 0) return fmt::format("exit code {}", code);
  const char* name = ::sigdescr_np(signal);
  return fmt::format("signal {} ({})", signal, name == nullptr ? "unknown" : name);
}

Process::Process(const Command& command) : Process(command.name, start(command)) {}

Process::Process(std::string name, pid_t pid) : name_(std::move(name)), pid_(pid), pidfd_(::pidfd_open(pid, 0)) {
  if (pidfd_) return;
  const int error = errno;
  ::kill(-pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  throw_io("[process] cannot watch " + name_, error);
}

Process::Process(std::string name, pid_t pid, UniqueFd pidfd, UniqueFd end)
    : name_(std::move(name)), pid_(pid), pidfd_(std::move(pidfd)), reported_(std::move(end)) {}

Process::~Process() {
  if (!pidfd_ || end_ || ::getpid() != owner_) return;
  // Its number is taken until it is waited for, so this cannot hit another group. Of one that is not ours the number
  // may be free already: it alone is killed, by its descriptor.
  if (!reported_) ::kill(-pid_, SIGKILL);
  kill();
  wait();
}

Process& Process::operator=(Process&& other) noexcept {
  std::swap(name_, other.name_);
  std::swap(owner_, other.owner_);
  std::swap(pid_, other.pid_);
  std::swap(reported_, other.reported_);
  std::swap(pidfd_, other.pidfd_);
  std::swap(end_, other.end_);
  std::swap(usage_, other.usage_);
  return *this;
}

void Process::send(int signal) const noexcept {
  if (!end_) ::pidfd_send_signal(pidfd_.get(), signal, nullptr, 0);
}

void Process::terminate() const noexcept {
  send(SIGTERM);
}

void Process::kill() const noexcept {
  send(SIGKILL);
}

ProcessEnd Process::reap() {
  if (reported_) {
    ProcessEnd end;
    ssize_t got = 0;
    while ((got = ::read(reported_.get(), &end, sizeof end)) < 0 && errno == EINTR) {
    }
    return got == sizeof end ? end : ProcessEnd{0, SIGKILL};
  }
  siginfo_t info{};
  rusage usage{};
  while (!wait_for_end(pidfd_.get(), info, usage)) {
    if (errno != EINTR) throw_io(fmt::format("[process] cannot wait for process {}", pid_));
  }
  usage_ = process_usage_of(usage);
  return process_end_of(info);
}

ProcessEnd Process::wait() {
  if (!end_) end_ = reap();
  return *end_;
}

std::optional<ProcessEnd> Process::wait_for(std::chrono::milliseconds time) {
  using std::chrono::milliseconds;
  constexpr milliseconds longest = std::chrono::hours(24 * 365 * 100);  // sums of times must not overflow
  constexpr milliseconds longest_poll(std::numeric_limits<int>::max());
  const auto deadline = std::chrono::steady_clock::now() + std::min(time, longest);
  while (!end_) {
    const auto left = std::chrono::ceil<milliseconds>(deadline - std::chrono::steady_clock::now());
    const milliseconds next = std::clamp(left, milliseconds(0), longest_poll);
    pollfd poll{pidfd_.get(), POLLIN, 0};
    const int ready = ::poll(&poll, 1, static_cast<int>(next.count()));
    if (ready == 0 && left <= next) return std::nullopt;
    if (ready > 0) return wait();
  }
  return end_;
}

bool die_with_parent(pid_t parent) noexcept {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  // It may have died before we asked.
  return ::getppid() == parent;
}

}  // namespace thrum
