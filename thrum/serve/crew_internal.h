#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <vector>

#include "thrum/runtime/process/process.h"
#include "thrum/runtime/unique_fd.h"
#include "thrum/serve/generation_internal.h"
#include "thrum/serve/scoreboard_internal.h"

namespace thrum::serving {

/// The worker processes of a server, and the scoreboard behind them. Not thread-safe.
class Crew {
 public:
  using Clock = std::chrono::steady_clock;

  struct Member {
    Process process;
    std::shared_ptr<const Generation> generation;
    std::size_t place;  ///< whose sockets it serves
    int seat;           ///< at the scoreboard
    Clock::time_point spawned;
    bool is_told = false;     ///< to end
    bool is_leaving = false;  ///< told, or of its own accord: another may take its place
    bool is_aborted = false;  ///< by the watchdog
    Clock::time_point kill_at = Clock::time_point::max();
  };

  /// A member that has ended.
  struct Departure {
    Member member;
    ProcessEnd end;
    bool was_ready;
  };

  /// Throws io.
  Crew();

  Scoreboard& board() noexcept { return board_; }
  const std::vector<Member>& members() const noexcept { return members_; }
  /// Becomes readable when a worker is ready, or leaves.
  int doorbell() const noexcept { return doorbell_.get(); }

  /// Throws io.
  void spawn(std::shared_ptr<const Generation> generation, std::size_t place);
  bool is_ready(const Member& member) const noexcept;
  /// The one that serves this place, or soon will, and does not leave; nullptr where there is none.
  const Member* find(const Generation* generation, std::size_t place) const noexcept;
  bool has_any_at(std::size_t place) const noexcept;
  /// None but those of these generations accept connections any more.
  bool are_only(const Generation* now, const Generation* next) const noexcept;

  /// Takes those out that have ended.
  std::vector<Departure> reap();
  /// Marks those that leave of their own accord.
  void hear_doorbell();
  /// Tells those that `are_meant` to end by `signal`; SIGKILL follows after `allowed`.
  template <class Predicate>
  void tell(int signal, Clock::duration allowed, Predicate are_meant) {
    for (Member& member : members_) {
      if (!member.is_told && are_meant(member)) tell(member, signal, allowed);
    }
  }
  /// The first signal may be followed by another.
  void forget_told();
  void kill_all();
  /// Aborts the workers that hang, and kills those whose time to end is over.
  void watch();

 private:
  void tell(Member& member, int signal, Clock::duration allowed);
  void note_leaving(Member& member);
  int free_seat() const;

  Scoreboard board_;
  UniqueFd doorbell_;
  std::vector<Member> members_;
};

}  // namespace thrum::serving
