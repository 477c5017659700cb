// Built without ThreadSanitizer, which cannot see how the TBB library synchronises and would report its every task. The
// annotations below say what TBB promises instead: nothing else may stand in this file.
#include <oneapi/tbb/blocked_range.h>
#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/parallel_for.h>
#include <oneapi/tbb/task_arena.h>

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
    char begun = 0, ended = 0;  // addresses for the annotations
    announce_release(&begun);
    const auto annotated = [&](const tbb::blocked_range<int>&) {
      const Boundary outside(false);
      announce_acquire(&begun);
      work();
      announce_release(&ended);
    };
    const Boundary inside(true);
    // Isolated: a thread that waits for this loop must not take up another chunk of an outer one in between.
    arena_.execute([&] {
      tbb::this_task_arena::isolate(
          [&] { tbb::parallel_for(tbb::blocked_range<int>(0, places, 1), annotated, tbb::simple_partitioner()); });
    });
    announce_acquire(&ended);
  }

 private:
  tbb::task_arena arena_;
};

}  // namespace

std::unique_ptr<Arena::Team> make_tbb_team(int slots) {
  start_scheduler();
  return std::make_unique<TbbTeam>(slots);
}

}  // namespace thrum
