#pragma once

#include <memory>

#include "thrum/runtime/parallel.h"

namespace thrum {

/// Where a thread stands decides on whose places a loop runs that it begins, so that nested loops never have more
/// threads at work than the outermost one was given.
enum class Standing {
  free,       ///< outside all teams: on those of the loop's own arena
  in_arena,   ///< in a chunk of a oneTBB team: on the places of that team
  in_thread,  ///< in a chunk of a plain team: on the places of shared_team(), for all its threads together
  /// In a thread of a plain team whose caller holds a place of an arena: on none but this thread. Waiting for a place
  /// could take forever, as those who hold them may all wait for such threads.
  alone,
};

inline thread_local Standing standing = Standing::free;

/// Lets the calling thread stand elsewhere while it lives.
class StandingScope {
 public:
  explicit StandingScope(Standing here) noexcept : before_(standing) { standing = here; }
  ~StandingScope() { standing = before_; }
  StandingScope(const StandingScope&) = delete;
  StandingScope& operator=(const StandingScope&) = delete;

 private:
  const Standing before_;
};

/// REQUIRES, of both: slots > 1.
std::unique_ptr<Arena::Team> make_threads_team(int slots);
std::unique_ptr<Arena::Team> make_tbb_team(int slots);

/// The oneTBB team of the whole process: a place for each of available_cpus(), as counted at the first call, and one
/// for a caller. Throws as available_cpus().
Arena::Team& shared_team();
/// The counted CPUs.
int shared_cpus();

}  // namespace thrum
