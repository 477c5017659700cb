#include "thrum/runtime/parallel_crew.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "thrum/core/mutex.h"
#include "thrum/runtime/team_internal.h"

namespace thrum::parallel_detail {
namespace {

/// How long a reader waits for threads that it has sent for before it works itself: they may all be busy elsewhere.
constexpr std::chrono::milliseconds patience{2};

}  // namespace

struct Crew::Shared {
  Mutex mutex;
  ConditionVariable changed;
  int sent_for THRUM_GUARDED_BY(mutex) = 0;  ///< and not come yet
  int at_work THRUM_GUARDED_BY(mutex) = 0;
  std::size_t events THRUM_GUARDED_BY(mutex) = 0;
  bool closed THRUM_GUARDED_BY(mutex) = false;

  /// Whether one more may work.
  bool enter(int jobs) {
    MutexLock lock(mutex);
    if (closed || at_work >= jobs) return false;
    ++at_work;
    return true;
  }

  bool come(int jobs) {
    {
      MutexLock lock(mutex);
      --sent_for;
    }
    return enter(jobs);
  }

  void tell() {
    MutexLock lock(mutex);
    ++events;
    changed.notify_all();
  }

  void leave() {
    MutexLock lock(mutex);
    --at_work;
    ++events;
    changed.notify_all();
  }
};

Crew::Crew(std::shared_ptr<Arena::Team> team, int jobs, std::function<bool()> work, std::function<std::size_t()> room)
    : team_(std::move(team)),
      jobs_(jobs),
      work_(std::move(work)),
      room_(std::move(room)),
      shared_(std::make_shared<Shared>()) {}

Crew::~Crew() {
  MutexLock lock(shared_->mutex);
  shared_->closed = true;
  while (shared_->at_work > 0) shared_->changed.wait(shared_->mutex);
}

std::size_t Crew::events() const {
  MutexLock lock(shared_->mutex);
  return shared_->events;
}

bool Crew::at_work() const {
  MutexLock lock(shared_->mutex);
  return shared_->at_work > 0;
}

void Crew::advance(std::size_t seen) {
  send_for_more();
  if (nobody_comes(seen) && work_here()) return;
  MutexLock lock(shared_->mutex);
  while (shared_->events == seen && shared_->at_work > 0) shared_->changed.wait(shared_->mutex);
}

/// On a place of the team, as one of those at work: a thread that was sent for may come in the same moment.
bool Crew::work_here() {
  if (!team_) return work_();
  if (!shared_->enter(jobs_)) return false;
  bool worked = false;
  team_->run(1, [&] { worked = work_(); });
  shared_->leave();
  return worked;
}

void Crew::send_for_more() {
  if (!team_) return;
  const std::size_t room = room_();
  int wanted = 0;
  {
    MutexLock lock(shared_->mutex);
    const int idle = jobs_ - shared_->at_work - shared_->sent_for;
    wanted = static_cast<int>(std::min(room, static_cast<std::size_t>(std::max(0, idle))));
    shared_->sent_for += wanted;
  }
  for (int i = 0; i < wanted; ++i) {
    team_->post([shared = shared_, jobs = jobs_, this] {
      if (!shared->come(jobs)) return;
      while (work_()) shared->tell();
      shared->leave();
    });
  }
}

bool Crew::nobody_comes(std::size_t seen) {
  MutexLock lock(shared_->mutex);
  const bool holds_place = standing == Standing::in_arena || standing == Standing::alone;
  if (!team_ || (holds_place && shared_->at_work < jobs_)) return true;
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (shared_->events == seen && shared_->at_work == 0) {
    if (!shared_->changed.wait_until(shared_->mutex, deadline)) return shared_->at_work == 0;
  }
  return false;
}

}  // namespace thrum::parallel_detail
