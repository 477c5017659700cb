#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <limits>

#include "thrum/core/error.h"
#include "thrum/core/mutex.h"
#include "thrum/runtime/machine.h"
#include "thrum/runtime/parallel.h"
#include "thrum/runtime/team_internal.h"

namespace thrum {
namespace {

/// The failed chunk with the lowest index. Thread-safe.
class Failure {
 public:
  static constexpr std::size_t none = std::numeric_limits<std::size_t>::max();

  std::size_t chunk() const noexcept { return chunk_.load(std::memory_order_relaxed); }

  /// A null `cause` stands for a stop request.
  void record(std::size_t chunk, std::exception_ptr cause) noexcept {
    MutexLock lock(mutex_);
    if (chunk >= chunk_) return;
    chunk_ = chunk;
    cause_ = std::move(cause);
  }

  /// REQUIRES: nobody records any more.
  void rethrow_if_any() {
    if (chunk() == none) return;  // the common case, without the lock
    MutexLock lock(mutex_);
    if (!cause_) throw Error(ErrorCode::cancelled, "[parallel] a stop was requested before the work was done");
    std::rethrow_exception(std::move(cause_));
  }

 private:
  Mutex mutex_;
  std::atomic<std::size_t> chunk_ = none;  // written under the mutex, read without it
  std::exception_ptr cause_ THRUM_GUARDED_BY(mutex_);
};

/// One call of Arena::run: any number of threads may help by calling work().
class Loop {
 public:
  Loop(std::size_t n_chunks, FunctionRef<void(std::size_t)> body, const std::stop_token& stop)
      : n_chunks_(n_chunks), body_(body), stop_(stop) {}

  void work() noexcept {
    while (next_.load(std::memory_order_relaxed) < n_chunks_) {
      const std::size_t chunk = next_.fetch_add(1, std::memory_order_relaxed);
      if (chunk >= n_chunks_ || chunk > failure_.chunk()) return;
      if (stop_.stop_requested()) return failure_.record(chunk, nullptr);
      try {
        body_(chunk);
      } catch (...) {
        failure_.record(chunk, std::current_exception());
      }
    }
  }

  void rethrow_failure() { failure_.rethrow_if_any(); }

 private:
  const std::size_t n_chunks_;
  const FunctionRef<void(std::size_t)> body_;
  const std::stop_token& stop_;
  std::atomic<std::size_t> next_ = 0;
  Failure failure_;
};

int checked_slots(int slots, Backend backend) {
  constexpr int max = Arena::max_slots;
  if (slots < 0 || slots > max) {
    throw Error(ErrorCode::invalid_argument, fmt::format("[Arena] slots must lie in [0, {}], got {}", max, slots),
                "0 takes all that the process may use");
  }
  if (backend == Backend::sequential) return 1;
  return slots > 0 ? slots : std::min(available_cpus(), max);
}

std::unique_ptr<Arena::Team> make_team(int slots, Backend backend) {
  if (slots == 1) return nullptr;
  return backend == Backend::threads ? make_threads_team(slots) : make_tbb_team(slots);
}

}  // namespace

std::string_view backend_name(Backend backend) noexcept {
  switch (backend) {
    case Backend::sequential:
      return "sequential";
    case Backend::threads:
      return "threads";
    case Backend::tbb:
      return "tbb";
  }
  return "tbb";
}

Arena::Arena(int slots, Backend backend)
    : slots_(checked_slots(slots, backend)), backend_(backend), team_(make_team(slots_, backend)) {}
Arena::~Arena() = default;
Arena::Arena(Arena&&) noexcept = default;
Arena& Arena::operator=(Arena&&) noexcept = default;

void Arena::run(std::size_t n_chunks, FunctionRef<void(std::size_t)> body, std::stop_token stop) {
  Loop loop(n_chunks, body, stop);
  const auto places = static_cast<int>(std::min(n_chunks, static_cast<std::size_t>(slots_)));
  if (places > 1) {
    team_->run(places, [&] { loop.work(); });
  } else {
    loop.work();
  }
  loop.rethrow_failure();
}

}  // namespace thrum
