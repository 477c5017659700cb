// Built without ThreadSanitizer, which cannot see how the TBB library synchronises and would report its every task. The
// annotations below say what TBB promises instead: nothing else may stand in this file.
#include <oneapi/tbb/blocked_range.h>
#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/parallel_for.h>
#include <oneapi/tbb/task_arena.h>

#include "thrum/runtime/team_internal.h"

// ThreadSanitizer's own entry points; null in every other build.
extern "C" __attribute__((weak)) void __tsan_acquire(void* address);
extern "C" __attribute__((weak)) void __tsan_release(void* address);

namespace thrum {
namespace {

void announce_release(void* address) {
  if (__tsan_release != nullptr) __tsan_release(address);
}

void announce_acquire(void* address) {
  if (__tsan_acquire != nullptr) __tsan_acquire(address);
}

/// The least of all controls in the process wins, and the default is the number of cores: arenas wider than that would
/// stay without workers. Arenas set the width.
void lift_process_limit() {
  using tbb::global_control;
  static const auto* const control = new global_control(global_control::max_allowed_parallelism, Arena::max_slots);
  static_cast<void>(control);
}

class TbbTeam final : public Arena::Team {
 public:
  explicit TbbTeam(int slots) : arena_(slots) {}

  void run(int places, FunctionRef<void()> work) override {
    char begun = 0, ended = 0;  // addresses for the annotations
    announce_release(&begun);
    const auto annotated = [&](const tbb::blocked_range<int>&) {
      announce_acquire(&begun);
      work();
      announce_release(&ended);
    };
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
  lift_process_limit();
  return std::make_unique<TbbTeam>(slots);
}

}  // namespace thrum
