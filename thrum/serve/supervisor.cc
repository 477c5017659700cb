#include "thrum/serve/supervisor_internal.h"

#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <string>

#include "thrum/core/error.h"
#include "thrum/core/log.h"
#include "thrum/runtime/memfd.h"
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
  for (const int signal : {SIGTERM, SIGINT, SIGQUIT, SIGHUP, SIGUSR1, SIGUSR2, SIGTTIN, SIGTTOU, SIGWINCH}) {
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
std::string end_text(pid_t pid, const ProcessEnd& end) {
  const std::string worker = "Worker (pid:" + pid_text(pid) + ")";
  if (end.signal == 0) return worker + " exited with code " + std::to_string(end.code);
  const std::string text = worker + " was sent SIG" + signal_text(end.signal) + "!";
  return end.signal == SIGKILL ? text + " Perhaps out of memory?" : text;
}

RestartReason reason_of(const ProcessEnd& end, bool is_aborted) {
  if (is_aborted) return RestartReason::timeout;
  if (end.signal != 0) return RestartReason::killed;
  return end.code == 0 ? RestartReason::recycled : RestartReason::exited;
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
      image_(share_bytes("thrum-model", image)),
      board_(),
      blocked_(),
      signals_(signal_fd()),
      slots_(static_cast<std::size_t>(options.workers)) {
  board_.head().n_used_seats.store(options.workers, std::memory_order_release);
}

void Supervisor::run() {
  log(LogLevel::info, "Listening at: " + listeners_.url + " (" + pid_text(getpid()) + ")");
  log(LogLevel::info, "Using worker: epoll");
  spawn_due();
  while (!is_stopping_ || is_any_alive()) {
    wait();
    reap();
    if (is_stopping_) {
      tell_workers();
    } else {
      spawn_due();
    }
    watch_heartbeats();
    if (Clock::now() >= stop_end_) signal_all(SIGKILL);
  }
  log(LogLevel::info, "Shutting down: Master");
  if (!failure_.empty()) {
    throw Error(ErrorCode::remote, "[serve] the workers end before they can serve: " + failure_);
  }
}

/// For a signal or a death, at most until something else is due.
void Supervisor::wait() {
  std::vector<pollfd> watched = {{signals_.get(), POLLIN, 0}};
  for (const Slot& slot : slots_) {
    if (slot.worker) watched.push_back({slot.worker->pidfd(), POLLIN, 0});
  }
  const auto left = std::chrono::ceil<milliseconds>(std::max(next_duty() - Clock::now(), Clock::duration::zero()));
  poll(watched.data(), watched.size(), static_cast<int>(left.count()));
  signalfd_siginfo info;
  while (read(signals_.get(), &info, sizeof info) == sizeof info) on_signal(static_cast<int>(info.ssi_signo));
}

Supervisor::Clock::time_point Supervisor::next_duty() const {
  auto next = std::min(Clock::now() + milliseconds(250), stop_end_);
  for (const Slot& slot : slots_) {
    if (slot.worker && is_stopping_ && !slot.is_told) next = std::min(next, Clock::now() + milliseconds(5));
    if (!slot.worker && !is_stopping_) next = std::min(next, slot.next_spawn);
  }
  return next;
}

void Supervisor::on_signal(int signal) {
  if (signal == SIGWINCH) return;
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
  stop_signal_ = signal;
  stop_end_ = std::min(stop_end_, Clock::now() + allowed);
  board_.head().is_stopping.store(true, std::memory_order_release);
  for (Slot& slot : slots_) slot.is_told = false;
}

/// A worker that still boots is told to drain when it can: connections may already wait for it.
void Supervisor::tell_workers() {
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    Slot& slot = slots_[i];
    if (!slot.worker) listeners_.sockets[i].reset();  // nobody comes for those who wait there
    if (!slot.worker || slot.is_told || (stop_signal_ == SIGTERM && !is_ready(i))) continue;
    slot.worker->send(stop_signal_);
    slot.is_told = true;
  }
}

void Supervisor::signal_all(int signal) const {
  for (const Slot& slot : slots_) {
    if (slot.worker) slot.worker->send(signal);
  }
}

bool Supervisor::is_any_alive() const {
  return std::any_of(slots_.begin(), slots_.end(), [](const Slot& slot) { return slot.worker.has_value(); });
}

bool Supervisor::is_ready(std::size_t index) {
  const auto& ready_pid = board_.seat(static_cast<int>(index)).ready_pid;
  return ready_pid.load(std::memory_order_acquire) == slots_[index].worker->pid();
}

void Supervisor::reap() {
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    if (!slots_[i].worker) continue;
    if (const auto end = slots_[i].worker->wait_for(milliseconds(0))) on_exit(i, *end);
  }
}

void Supervisor::on_exit(std::size_t index, const ProcessEnd& end) {
  Slot& slot = slots_[index];
  const std::string text = end_text(slot.worker->pid(), end);
  if (!is_stopping_) log(LogLevel::error, text);
  const bool was_ready = is_ready(index);
  was_any_ready_ = was_any_ready_ || was_ready;
  const auto now = Clock::now();
  slot.n_failures = was_ready && now - slot.spawned >= healthy_age ? 1 : slot.n_failures + 1;
  slot.next_spawn = now + backoff(slot.n_failures);
  board_.seat(static_cast<int>(index)).vacate();
  board_.head().restarts[static_cast<std::size_t>(reason_of(end, slot.is_aborted))].add(is_stopping_ ? 0 : 1);
  slot.worker.reset();
  if (is_stopping_ || was_any_ready_ || ++n_boot_failures_ < most_boot_failures) return;
  failure_ = text;
  stop(SIGINT, seconds(2));
}

void Supervisor::spawn_due() {
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    if (!slots_[i].worker && Clock::now() >= slots_[i].next_spawn) spawn(i);
  }
}

void Supervisor::spawn(std::size_t index) {
  Slot& slot = slots_[index];
  const WorkerOrders orders{static_cast<int>(index), getpid(), options_};
  slot.spawned = Clock::now();
  board_.seat(orders.seat).occupy(slot.spawned.time_since_epoch().count());
  try {
    slot.worker.emplace(worker_command(orders, listeners_.sockets[index].get(), image_.get(), board_.fd()));
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
    if (!slot.worker) continue;
    const Clock::time_point heartbeat{
        Clock::duration(board_.seat(static_cast<int>(i)).heartbeat_ns.load(std::memory_order_relaxed))};
    if (now - heartbeat < allowed) continue;
    if (!slot.is_aborted) {
      log(LogLevel::error, "WORKER TIMEOUT (pid:" + pid_text(slot.worker->pid()) + ")");
      slot.worker->send(SIGABRT);
      slot.is_aborted = true;
      slot.aborted = now;
    } else if (now - slot.aborted >= seconds(1)) {
      slot.worker->send(SIGKILL);
    }
  }
}

}  // namespace thrum::serving
