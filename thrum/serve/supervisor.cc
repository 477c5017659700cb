#include "thrum/serve/supervisor_internal.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <system_error>

#include "thrum/core/error.h"
#include "thrum/core/log.h"
#include "thrum/serve/worker_process_internal.h"

namespace thrum::serving {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr int most_boot_failures = 5;
constexpr seconds healthy_age{1};  // a worker that dies later is replaced at once

sigset_t own_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGCHLD, SIGTERM, SIGINT, SIGQUIT, SIGHUP, SIGUSR1, SIGUSR2, SIGTTIN, SIGTTOU, SIGWINCH}) {
    sigaddset(&set, signal);
  }
  return set;
}

/// "TERM", "KILL", …
std::string signal_text(int signal) {
  const char* name = sigabbrev_np(signal);
  return name == nullptr ? std::to_string(signal) : name;
}

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  return text;
}

std::string pid_text(pid_t pid) {
  return std::to_string(pid);
}

/// 0.1 s, doubled with each failure, up to 10 s; the first is free.
milliseconds backoff(int n_failures) {
  if (n_failures <= 1) return milliseconds(0);
  return std::min(milliseconds(100) * (1 << std::min(n_failures - 2, 7)), milliseconds(10000));
}

/// gunicorn's words for the end of a worker.
std::string end_text(pid_t pid, int status) {
  const std::string worker = "Worker (pid:" + pid_text(pid) + ")";
  if (!WIFSIGNALED(status)) return worker + " exited with code " + std::to_string(WEXITSTATUS(status));
  const std::string text = worker + " was sent SIG" + signal_text(WTERMSIG(status)) + "!";
  return WTERMSIG(status) == SIGKILL ? text + " Perhaps out of memory?" : text;
}

/// The image in memory that no one can change any more.
UniqueFd sealed_copy(ByteSpan image) {
  UniqueFd memory(memfd_create("thrum-model", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  ByteSpan rest = image;
  while (memory && !rest.empty()) {
    const ssize_t n = write(memory.get(), rest.data(), rest.size());
    if (n < 0 && errno != EINTR) break;
    if (n > 0) rest = rest.subspan(static_cast<std::size_t>(n));
  }
  if (!memory || !rest.empty() ||
      fcntl(memory.get(), F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) != 0) {
    throw Error(ErrorCode::io, "[serve] cannot share the model: " + std::generic_category().message(errno));
  }
  return memory;
}

UniqueFd signal_fd() {
  const sigset_t set = own_signals();
  return UniqueFd(signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC));
}

}  // namespace

SignalBlock::SignalBlock() {
  const sigset_t set = own_signals();
  sigprocmask(SIG_BLOCK, &set, &before_);
}

SignalBlock::~SignalBlock() {
  sigprocmask(SIG_SETMASK, &before_, nullptr);
}

Supervisor::Supervisor(ByteSpan image, const ServeOptions& options)
    : options_(options),
      listeners_(listen_at(options.bind, options.workers, options.backlog)),
      image_(sealed_copy(image)),
      board_(options.workers),
      blocked_(),
      signals_(signal_fd()),
      slots_(static_cast<std::size_t>(options.workers)) {}

Supervisor::~Supervisor() {
  signal_all(SIGKILL);
  for (const Slot& slot : slots_) {
    if (slot.pid != 0) waitpid(slot.pid, nullptr, 0);
  }
}

void Supervisor::run() {
  log(LogLevel::info, "Starting thrum");
  log(LogLevel::info, "Listening at: " + listeners_.url + " (" + pid_text(getpid()) + ")");
  log(LogLevel::info, "Using worker: epoll");
  spawn_due();
  while (!is_stopping_ || is_any_alive()) {
    wait();
    reap();
    if (!is_stopping_) spawn_due();
    watch_heartbeats();
    if (Clock::now() >= stop_end_) signal_all(SIGKILL);
  }
  log(LogLevel::info, "Shutting down: Master");
  if (!failure_.empty()) {
    throw Error(ErrorCode::remote, "[serve] the workers end before they can serve: " + failure_);
  }
}

/// For a signal, at most until something else is due.
void Supervisor::wait() {
  pollfd watched{signals_.get(), POLLIN, 0};
  const auto left = std::chrono::ceil<milliseconds>(std::max(next_duty() - Clock::now(), Clock::duration::zero()));
  poll(&watched, 1, static_cast<int>(left.count()));
  signalfd_siginfo info;
  while (read(signals_.get(), &info, sizeof info) == sizeof info) on_signal(static_cast<int>(info.ssi_signo));
}

Supervisor::Clock::time_point Supervisor::next_duty() const {
  auto next = std::min(Clock::now() + milliseconds(250), stop_end_);
  for (const Slot& slot : slots_) {
    if (slot.pid == 0 && !is_stopping_) next = std::min(next, slot.next_spawn);
  }
  return next;
}

void Supervisor::on_signal(int signal) {
  if (signal == SIGCHLD || signal == SIGWINCH) return;
  log(LogLevel::info, "Handling signal: " + lower(signal_text(signal)));
  if (signal == SIGTERM && !is_stopping_) {
    const std::chrono::duration<double> allowed(options_.graceful_timeout);
    stop(SIGTERM, std::chrono::ceil<milliseconds>(allowed) + seconds(1));  // the workers keep the time themselves
  } else if (signal == SIGINT || signal == SIGQUIT) {
    stop(SIGINT, seconds(2));
  } else if (signal != SIGTERM) {
    log(LogLevel::warning, "SIG" + signal_text(signal) + " has no effect here; stop and start to reload the model");
  }
}

void Supervisor::stop(int signal, Clock::duration allowed) {
  is_stopping_ = true;
  stop_end_ = std::min(stop_end_, Clock::now() + allowed);
  board_.set_stopping();
  signal_all(signal);
}

void Supervisor::signal_all(int signal) const {
  for (const Slot& slot : slots_) {
    if (slot.pid != 0) kill(slot.pid, signal);
  }
}

bool Supervisor::is_any_alive() const {
  return std::any_of(slots_.begin(), slots_.end(), [](const Slot& slot) { return slot.pid != 0; });
}

bool Supervisor::is_ready(std::size_t index) {
  return board_.slot(static_cast<int>(index)).ready_pid.load(std::memory_order_acquire) == slots_[index].pid;
}

void Supervisor::reap() {
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    int status = 0;
    if (slots_[i].pid != 0 && waitpid(slots_[i].pid, &status, WNOHANG) == slots_[i].pid) on_exit(i, status);
  }
}

void Supervisor::on_exit(std::size_t index, int status) {
  Slot& slot = slots_[index];
  const std::string end = end_text(slot.pid, status);
  if (!is_stopping_) log(LogLevel::error, end);
  const bool was_ready = is_ready(index);
  was_any_ready_ = was_any_ready_ || was_ready;
  const auto now = Clock::now();
  slot.n_failures = was_ready && now - slot.spawned >= healthy_age ? 1 : slot.n_failures + 1;
  slot.next_spawn = now + backoff(slot.n_failures);
  slot.pid = 0;
  if (is_stopping_ || was_any_ready_ || ++n_boot_failures_ < most_boot_failures) return;
  failure_ = end;
  stop(SIGINT, seconds(2));
}

void Supervisor::spawn_due() {
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    if (slots_[i].pid == 0 && Clock::now() >= slots_[i].next_spawn) spawn(i);
  }
}

void Supervisor::spawn(std::size_t index) {
  Slot& slot = slots_[index];
  WorkerCommand command;
  command.slot = static_cast<int>(index);
  command.supervisor = getpid();
  command.listener = listeners_.sockets[index].get();
  command.image = image_.get();
  command.board = board_.fd();
  command.options = options_;
  slot.spawned = Clock::now();
  board_.slot(command.slot).heartbeat_ns.store(slot.spawned.time_since_epoch().count(), std::memory_order_relaxed);
  try {
    slot.pid = spawn_worker(command);
    slot.is_aborted = false;
  } catch (const Error& error) {
    log(LogLevel::error, error.what());
    slot.next_spawn = slot.spawned + backoff(++slot.n_failures + 1);
  }
}

/// A worker that does not come back to its loop gets SIGABRT, which leaves a core for the search of the cause, and a
/// second later SIGKILL.
void Supervisor::watch_heartbeats() {
  if (options_.timeout == 0) return;
  const auto now = Clock::now();
  const auto allowed = std::chrono::duration<double>(options_.timeout);
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    Slot& slot = slots_[i];
    if (slot.pid == 0) continue;
    const Clock::time_point heartbeat{
        Clock::duration(board_.slot(static_cast<int>(i)).heartbeat_ns.load(std::memory_order_relaxed))};
    if (now - heartbeat < allowed) continue;
    if (!slot.is_aborted) {
      log(LogLevel::error, "WORKER TIMEOUT (pid:" + pid_text(slot.pid) + ")");
      kill(slot.pid, SIGABRT);
      slot.is_aborted = true;
      slot.aborted = now;
    } else if (now - slot.aborted >= seconds(1)) {
      kill(slot.pid, SIGKILL);
    }
  }
}

}  // namespace thrum::serving
