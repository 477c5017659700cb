#include "thrum/runtime/sharing/barrier.h"

#include <fmt/format.h>

#include <atomic>
#include <utility>

#include "thrum/core/error.h"
#include "thrum/runtime/sharing/process_table_internal.h"
#include "thrum/runtime/sharing/robust_mutex_internal.h"
#include "thrum/runtime/sharing/shared_state_internal.h"
#include "thrum/runtime/sharing/wait_word_internal.h"

namespace thrum {
namespace {

enum class Cause : std::uint8_t { none, died, timed_out, aborted, reset };

/// How a round ended, for those who waited in it.
struct Outcome {
  Cause cause = Cause::none;  ///< none: all came
  pid_t dead = 0;
};

[[noreturn]] void throw_broken(const Outcome& outcome) {
  switch (outcome.cause) {
    case Cause::died:
      throw Error(ErrorCode::remote, fmt::format("[barrier] broken: process {} ended", outcome.dead));
    case Cause::timed_out:
      throw Error(ErrorCode::timed_out, "[barrier] broken: the time of a party passed");
    case Cause::aborted:
      throw Error(ErrorCode::cancelled, "[barrier] broken: it was aborted");
    default:
      throw Error(ErrorCode::cancelled, "[barrier] it was reset while parties waited");
  }
}

struct BarrierState {
  explicit BarrierState(std::int64_t count) : parties(count) {}

  /// Those who come to a barrier of which one party died are not as many as are waited for.
  void expect_whole() const {
    if (broken.cause != Cause::none) throw_broken(broken);
  }
  void end_round(const Outcome& outcome) {
    outcomes[round % outcomes.size()] = outcome;
    waiting = 0;
    ++round;
  }
  void break_by(const Outcome& outcome) {
    broken = outcome;
    end_round(outcome);
  }
  void look_for_dead() {
    if (const pid_t dead = members.release_dead(); dead != 0) break_by({Cause::died, dead});
  }

  RobustMutex mutex;
  WaitWord changed;
  const std::int64_t parties;
  std::int64_t waiting = 0;
  std::atomic<std::uint64_t> round = 0;
  Outcome broken;  ///< why no round can begin
  /// Of the last rounds: nobody sleeps through as many.
  std::array<Outcome, 64> outcomes;
  ProcessTable members;
};

/// Either all of `change` happens or, should this process die in it, everybody learns that the barrier is broken.
template <class Change>
auto change_state(BarrierState& state, const Change& change) {
  const RobustLock lock(state.mutex);
  if (lock.is_after_death()) state.break_by({Cause::died, state.members.release_dead()});
  return change();
}

struct Arrival {
  std::int64_t place;
  std::uint64_t round;
  bool completes;  ///< the round
};

Arrival arrive(BarrierState& state) {
  return change_state(state, [&] {
    state.expect_whole();
    const Arrival arrival{state.waiting++, state.round, state.waiting == state.parties};
    if (arrival.completes) state.end_round({});
    return arrival;
  });
}

bool wait_for_end(BarrierState& state, std::uint64_t round, const Timeout& timeout) {
  int attempts = 0;
  return state.changed.wait_until(Deadline(timeout), [&] {
    // Looking for the dead reads /proc: not before the first sleep.
    if (++attempts > 2 && state.round == round) change_state(state, [&] { state.look_for_dead(); });
    return state.round != round;
  });
}

void give_up(BarrierState& state, std::uint64_t round) {
  change_state(state, [&] {
    if (state.round == round) state.break_by({Cause::timed_out});
  });
  state.changed.notify_all();
}

}  // namespace

/// Counts the handles of a process, while they are shared by copies.
class Barrier::Membership {
 public:
  explicit Membership(SharedMemory memory) : memory_(std::move(memory)) {
    ProcessTable::Place* place = nullptr;
    change_state(state(), [&] {
      place = state().members.find_or_take();
      if (place != nullptr) ++place->count;
    });
    if (place == nullptr) throw Error(ErrorCode::out_of_memory, "[barrier] 512 processes have it, no more can");
  }
  ~Membership() {
    // A fork has its parent's handles but is no member until it waits.
    change_state(state(), [&] {
      if (ProcessTable::Place* place = state().members.find()) --place->count;
    });
  }
  Membership(const Membership&) = delete;
  Membership& operator=(const Membership&) = delete;

  BarrierState& state() const noexcept { return state_in<BarrierState>(memory_); }
  const SharedMemory& memory() const noexcept { return memory_; }

 private:
  SharedMemory memory_;
};

Barrier::Barrier(std::shared_ptr<Membership> membership) : membership_(std::move(membership)) {}

Barrier::Barrier(std::int64_t parties) {
  if (parties < 1) {
    throw Error(ErrorCode::invalid_argument, fmt::format("[barrier] expected 1 party or more, got {}", parties));
  }
  membership_ = std::make_shared<Membership>(share_state<BarrierState>("barrier", 0, parties));
}

void Barrier::wire(WireWriter& writer) const {
  membership_->memory().wire(writer);
}

Barrier Barrier::from_wire(WireReader& reader) {
  return Barrier(std::make_shared<Membership>(receive_state<BarrierState>(reader, "barrier")));
}

std::int64_t Barrier::wait(const Timeout& timeout) const {
  BarrierState& state = membership_->state();
  const Membership also_of_a_fork(membership_->memory());
  const Arrival arrival = arrive(state);
  if (arrival.completes) {
    state.changed.notify_all();
    return arrival.place;
  }
  if (!wait_for_end(state, arrival.round, timeout)) give_up(state, arrival.round);
  state.changed.notify_all();
  const Outcome outcome = change_state(state, [&] { return state.outcomes[arrival.round % state.outcomes.size()]; });
  if (outcome.cause != Cause::none) throw_broken(outcome);
  return arrival.place;
}

void Barrier::reset() const {
  BarrierState& state = membership_->state();
  change_state(state, [&] {
    state.members.release_dead();
    if (state.waiting > 0) state.end_round({Cause::reset});
    state.broken = {};
  });
  state.changed.notify_all();
}

void Barrier::abort() const {
  BarrierState& state = membership_->state();
  change_state(state, [&] { state.break_by({Cause::aborted}); });
  state.changed.notify_all();
}

std::int64_t Barrier::parties() const noexcept {
  return membership_->state().parties;
}

std::int64_t Barrier::n_waiting() const {
  BarrierState& state = membership_->state();
  return change_state(state, [&] { return state.waiting; });
}

bool Barrier::is_broken() const {
  BarrierState& state = membership_->state();
  return change_state(state, [&] { return state.broken.cause != Cause::none; });
}

}  // namespace thrum
