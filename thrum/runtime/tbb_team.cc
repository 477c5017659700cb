// Built without ThreadSanitizer, which cannot see how the TBB library synchronises and would report its every task. The
// annotations below say what TBB promises instead: nothing else may stand in this file.
#include <oneapi/tbb/blocked_range.h>
#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/parallel_for.h>
#include <oneapi/tbb/parallel_invoke.h>
#include <oneapi/tbb/task_arena.h>
#include <oneapi/tbb/task_group.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <utility>

#include "thrum/runtime/machine.h"
#include "thrum/runtime/team_internal.h"

// ThreadSanitizer's own entry points; null in every other build.
extern "C" {
__attribute__((weak)) void __tsan_acquire(void* address);
__attribute__((weak)) void __tsan_release(void* address);
__attribute__((weak)) void AnnotateIgnoreWritesBegin(const char* file, int line);
__attribute__((weak)) void AnnotateIgnoreWritesEnd(const char* file, int line);
}

namespace thrum {
namespace {

void announce_release(void* address) {
  if (__tsan_release != nullptr) __tsan_release(address);
}

void announce_acquire(void* address) {
  if (__tsan_acquire != nullptr) __tsan_acquire(address);
}

/// While one lives, this thread is inside the TBB library (or outside again): its memset is seen there all the same.
class Boundary {
 public:
  explicit Boundary(bool inside) : before_(inside_) { cross(inside); }
  ~Boundary() { cross(before_); }
  Boundary(const Boundary&) = delete;
  Boundary& operator=(const Boundary&) = delete;

 private:
  static void cross(bool inside) {
    if (AnnotateIgnoreWritesBegin == nullptr || inside == inside_) return;
    inside_ = inside;
    inside ? AnnotateIgnoreWritesBegin(__FILE__, __LINE__) : AnnotateIgnoreWritesEnd(__FILE__, __LINE__);
  }

  static inline thread_local bool inside_ = false;
  const bool before_;
};

/// What holds for the whole process, until its end.
struct Scheduler {
  /// The least of all controls wins, and the default is the number of cores: wider arenas would stay without workers.
  tbb::global_control width{tbb::global_control::max_allowed_parallelism, Arena::max_slots};
  /// Otherwise the workers end with the last arena, and begin anew with the next.
  tbb::task_scheduler_handle workers{tbb::attach{}};
};

void start_scheduler() {
  static const auto* const scheduler = new Scheduler;
  static_cast<void>(scheduler);
}

class TbbTeam final : public Arena::Team {
 public:
  explicit TbbTeam(int slots) : arena_(slots) {}

  void run(int places, FunctionRef<void()> work) override {
    switch (standing) {
      case Standing::free:
        return enter(places, work);
      case Standing::in_arena:
        return inside_->loop(places, work);
      case Standing::in_thread:
        return shared().enter(places, work);
      case Standing::alone:
        return work();
    }
  }

  void post(std::function<void()> work) override {
    TbbTeam& team = standing == Standing::in_arena ? *inside_ : standing == Standing::in_thread ? shared() : *this;
    auto* const posted = new Posted{std::move(work)};
    announce_release(posted);
    const Boundary inside(true);
    team.arena_.enqueue([&team, posted] { team.work_off(posted); });
  }

  static TbbTeam& shared() {
    start_scheduler();
    static auto* const team = new TbbTeam(shared_cpus() + 1);
    return *team;
  }

 private:
  struct Posted {
    std::function<void()> work;
  };

  /// Where the arena is full, another thread runs the loop.
  void enter(int places, FunctionRef<void()> work) {
    char entered = 0, left = 0;  // addresses for the annotations
    announce_release(&entered);
    {
      const Boundary inside(true);
      arena_.execute([&] {
        announce_acquire(&entered);
        loop(places, work);
        announce_release(&left);
      });
    }
    announce_acquire(&left);
  }

  /// REQUIRES: the calling thread is in the arena.
  void loop(int places, FunctionRef<void()> work) {
    char begun = 0, ended = 0;  // addresses for the annotations
    announce_release(&begun);
    const auto annotated = [&] {
      const Boundary outside(false);
      announce_acquire(&begun);
      work_here(work);
      announce_release(&ended);
    };
    const Boundary inside(true);
    tbb::task_group_context context(tbb::task_group_context::isolated);  // our own cancellation needs no tree of them
    // Isolated: a thread that waits for this loop must not take up another chunk of an outer one in between.
    tbb::this_task_arena::isolate([&] {
      if (places == 2) {
        tbb::parallel_invoke(annotated, annotated, context);
      } else {
        tbb::parallel_for(
            tbb::blocked_range<int>(0, places, 1), [&](const tbb::blocked_range<int>&) { annotated(); },
            tbb::simple_partitioner(), context);
      }
    });
    announce_acquire(&ended);
  }

  template <class Work>
  void work_here(Work& work) {
    const StandingScope here(Standing::in_arena);
    TbbTeam* const before = std::exchange(inside_, this);
    work();
    inside_ = before;
  }

  void work_off(Posted* posted) {
    const Boundary outside(false);
    announce_acquire(posted);
    const std::unique_ptr<Posted> owned(posted);
    work_here(posted->work);
  }

  static inline thread_local TbbTeam* inside_ = nullptr;
  tbb::task_arena arena_;
};

}  // namespace

std::unique_ptr<Arena::Team> make_tbb_team(int slots) {
  start_scheduler();
  return std::make_unique<TbbTeam>(slots);
}

Arena::Team& shared_team() {
  return TbbTeam::shared();
}

int shared_cpus() {
  static const int cpus = std::min(available_cpus(), Arena::max_slots - 1);
  return cpus;
}

}  // namespace thrum
