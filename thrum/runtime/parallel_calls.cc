#include "thrum/runtime/parallel_calls.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "thrum/core/error.h"
#include "thrum/core/mutex.h"
#include "thrum/runtime/team_internal.h"

namespace thrum::parallel_detail {
namespace {

/// Teams of plain threads that nobody uses at the moment, by their size; until the process ends.
class IdleTeams {
 public:
  std::unique_ptr<Arena::Team> take(int slots) {
    {
      MutexLock lock(mutex_);
      if (auto node = teams_.extract(slots)) return std::move(node.mapped());
    }
    return make_threads_team(slots);
  }

  void give_back(int slots, std::unique_ptr<Arena::Team> team) {
    MutexLock lock(mutex_);
    teams_.emplace(slots, std::move(team));
  }

 private:
  Mutex mutex_;
  std::multimap<int, std::unique_ptr<Arena::Team>> teams_ THRUM_GUARDED_BY(mutex_);
};

std::shared_ptr<Arena::Team> borrow_threads(int slots) {
  static auto* const idle = new IdleTeams;
  return {idle->take(slots).release(),
          [slots](Arena::Team* team) { idle->give_back(slots, std::unique_ptr<Arena::Team>(team)); }};
}

/// With as many places as jobs and one for the caller; narrow ones are all the same.
std::shared_ptr<Arena::Team> find_tbb_team(int jobs) {
  if (jobs <= shared_cpus()) return {std::shared_ptr<void>(), &shared_team()};
  static auto* const mutex = new Mutex;
  static auto* const wide_teams = new std::map<int, std::shared_ptr<Arena::Team>>;
  MutexLock lock(*mutex);
  std::shared_ptr<Arena::Team>& team = (*wide_teams)[jobs];
  if (!team) team = make_tbb_team(jobs + 1);
  return team;
}

int count_jobs(const ParallelOptions& options) {
  const int cpus = shared_cpus();
  const bool waits = options.backend == ParallelBackend::blocking;
  const int jobs = options.n_jobs.resolve(cpus, waits ? std::min(32, cpus + 4) : cpus);
  return options.backend == ParallelBackend::sequential ? 1 : jobs;
}

}  // namespace

Settings::Settings(ParallelOptions options) : options_(std::move(options)), jobs_(count_jobs(options_)) {
  if (options_.timeout && !(options_.timeout->count() > 0)) {
    throw Error(ErrorCode::invalid_argument,
                fmt::format("[Parallel] timeout must be positive, got {} s", options_.timeout->count()));
  }
}

std::size_t Settings::pre_dispatch() const noexcept {
  return options_.pre_dispatch > 0 ? options_.pre_dispatch : 2 * static_cast<std::size_t>(jobs_);
}

void Settings::run_team(std::size_t tasks, FunctionRef<void()> work) const {
  const auto places = static_cast<int>(std::min(tasks, static_cast<std::size_t>(jobs_)));
  if (places > 1) {
    team()->run(places, work);
  } else {
    work();
  }
}

const std::shared_ptr<Arena::Team>& Settings::team() const {
  std::call_once(team_wanted_, [this] {
    if (jobs_ == 1) return;
    team_ = options_.backend == ParallelBackend::blocking ? borrow_threads(jobs_ + 1) : find_tbb_team(jobs_);
  });
  return team_;
}

}  // namespace thrum::parallel_detail
