#include "thrum/serve/crew_internal.h"

#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <utility>

#include "thrum/core/error.h"
#include "thrum/core/log.h"
#include "thrum/runtime/system_error_internal.h"
#include "thrum/serve/worker_process_internal.h"

namespace thrum::serving {
namespace {

constexpr std::chrono::seconds time_to_abort{1};

}  // namespace

Crew::Crew() : doorbell_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  if (!doorbell_) throw_io("[serve] cannot make an event");
}

void Crew::spawn(std::shared_ptr<const Generation> generation, std::size_t place) {
  const int seat_index = free_seat();
  Scoreboard::Seat& seat = board_.seat(seat_index);
  const auto now = Clock::now();
  seat.occupy(now.time_since_epoch().count());
  std::vector<int> listeners;
  for (const auto& listener : generation->listeners) listeners.push_back(listener->socket(place));
  const WorkerOrders orders{seat_index, getpid(), static_cast<int>(listeners.size()), generation->options};
  Process process(
      worker_command(orders, {board_.fd(), generation->image.get(), doorbell_.get(), std::move(listeners)}));
  members_.push_back({std::move(process), std::move(generation), place, seat_index, now});
}

/// Taken in turn, so that few are in use.
int Crew::free_seat() const {
  for (int i = 0; i < Scoreboard::n_seats; ++i) {
    if (std::ranges::none_of(members_, [i](const Member& member) { return member.seat == i; })) {
      auto& n_used = board_.head().n_used_seats;
      n_used.store(std::max(n_used.load(), i + 1), std::memory_order_release);
      return i;
    }
  }
  throw Error(ErrorCode::io, "[serve] too many workers have not ended yet");
}

bool Crew::is_ready(const Member& member) const noexcept {
  return board_.seat(member.seat).ready_pid.load(std::memory_order_acquire) == member.process.pid();
}

const Crew::Member* Crew::find(const Generation* generation, std::size_t place) const noexcept {
  const auto found = std::ranges::find_if(members_, [&](const Member& member) {
    return member.generation.get() == generation && member.place == place && !member.is_leaving;
  });
  return found == members_.end() ? nullptr : &*found;
}

bool Crew::has_any_at(std::size_t place) const noexcept {
  return std::ranges::any_of(members_, [place](const Member& member) { return member.place == place; });
}

bool Crew::are_only(const Generation* now, const Generation* next) const noexcept {
  return std::ranges::all_of(members_, [&](const Member& member) {
    return member.generation.get() == now || member.generation.get() == next ||
           board_.seat(member.seat).is_leaving.load(std::memory_order_acquire);
  });
}

std::vector<Crew::Departure> Crew::reap() {
  std::vector<Departure> departures;
  for (auto member = members_.begin(); member != members_.end();) {
    const auto end = member->process.wait_for(std::chrono::milliseconds(0));
    if (!end) {
      ++member;
      continue;
    }
    note_leaving(*member);
    const bool was_ready = is_ready(*member);
    board_.seat(member->seat).vacate();
    departures.push_back({std::move(*member), *end, was_ready});
    member = members_.erase(member);
  }
  return departures;
}

void Crew::hear_doorbell() {
  std::uint64_t rings = 0;
  [[maybe_unused]] const ssize_t n = read(doorbell_.get(), &rings, sizeof rings);
  for (Member& member : members_) note_leaving(member);
}

void Crew::note_leaving(Member& member) {
  if (member.is_leaving || !board_.seat(member.seat).is_leaving.load(std::memory_order_acquire)) return;
  member.is_leaving = true;
  board_.head().restarts[static_cast<std::size_t>(RestartReason::recycled)].add();
}

void Crew::tell(Member& member, int signal, Clock::duration allowed) {
  member.process.send(signal);
  member.is_told = true;
  member.is_leaving = true;
  member.kill_at = std::min(member.kill_at, Clock::now() + allowed);
}

void Crew::forget_told() {
  for (Member& member : members_) member.is_told = false;
}

void Crew::kill_all() {
  for (const Member& member : members_) member.process.kill();
}

/// A worker that does not come back to its loop gets SIGABRT, which leaves a core for the search of the cause, and a
/// second later SIGKILL.
void Crew::watch() {
  const auto now = Clock::now();
  for (Member& member : members_) {
    if (now >= member.kill_at) member.process.kill();
    const std::chrono::duration<double> allowed(member.generation->options.timeout);
    const Clock::time_point heartbeat{Clock::duration(board_.seat(member.seat).heartbeat_ns.load())};
    if (allowed.count() == 0 || member.is_aborted || now - heartbeat < allowed) continue;
    log(LogLevel::error, "WORKER TIMEOUT (pid:" + std::to_string(member.process.pid()) + ")");
    member.process.send(SIGABRT);
    member.is_aborted = true;
    member.kill_at = std::min<Clock::time_point>(member.kill_at, now + time_to_abort);
  }
}

}  // namespace thrum::serving
