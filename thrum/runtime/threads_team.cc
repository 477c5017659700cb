#include <algorithm>
#include <deque>
#include <functional>
#include <list>
#include <thread>
#include <utility>
#include <vector>

#include "thrum/core/mutex.h"
#include "thrum/runtime/team_internal.h"

namespace thrum {
namespace {

/// slots - 1 threads that sleep until a call wants them. A caller never waits for a thread that has not begun, so that
/// nested calls end even when all threads are busy.
class ThreadsTeam final : public Arena::Team {
 public:
  explicit ThreadsTeam(int slots) {
    try {
      for (int i = 1; i < slots; ++i) threads_.emplace_back([this] { serve(); });
    } catch (...) {
      shut_down();
      throw;
    }
  }
  ~ThreadsTeam() override { shut_down(); }

  void run(int places, FunctionRef<void()> work) override {
    Call call{work, places - 1, standing_of_helpers()};
    {
      MutexLock lock(mutex_);
      calls_.push_back(&call);
    }
    wanted_.notify_all();
    {
      const StandingScope here(standing == Standing::free ? Standing::in_thread : standing);
      work();
    }
    MutexLock lock(mutex_);
    calls_.remove(&call);
    while (call.running > 0) ended_.wait(mutex_);
  }

  void post(std::function<void()> work) override {
    {
      MutexLock lock(mutex_);
      posted_.push_back({std::move(work), standing_of_helpers()});
    }
    wanted_.notify_one();
  }

 private:
  struct Call {
    FunctionRef<void()> work;
    int wanted;  ///< threads that may still join; guarded by mutex_, as is the rest
    Standing of_helpers;
    int running = 0;
  };

  struct Posted {
    std::function<void()> work;
    Standing standing;
  };

  static Standing standing_of_helpers() {
    const bool holds_place = standing == Standing::in_arena || standing == Standing::alone;
    return holds_place ? Standing::alone : Standing::in_thread;
  }

  /// The youngest call first: an inner loop holds up an outer one.
  Call* open_call() THRUM_REQUIRES(mutex_) {
    const auto open = std::find_if(calls_.rbegin(), calls_.rend(), [](const Call* call) { return call->wanted > 0; });
    return open == calls_.rend() ? nullptr : *open;
  }

  void serve() {
    MutexLock lock(mutex_);
    while (!closed_) {
      if (Call* call = open_call()) {
        help(*call);
      } else if (!posted_.empty()) {
        work_off_posted();
      } else {
        wanted_.wait(mutex_);
      }
    }
  }

  void help(Call& call) THRUM_REQUIRES(mutex_) {
    --call.wanted;
    ++call.running;
    mutex_.unlock();
    {
      const StandingScope here(call.of_helpers);
      call.work();
    }
    mutex_.lock();
    if (--call.running == 0) ended_.notify_all();
  }

  void work_off_posted() THRUM_REQUIRES(mutex_) {
    Posted posted = std::move(posted_.front());
    posted_.pop_front();
    mutex_.unlock();
    {
      const StandingScope here(posted.standing);
      posted.work();
      posted.work = nullptr;  // what it holds ends here, not under the lock
    }
    mutex_.lock();
  }

  void shut_down() {
    {
      MutexLock lock(mutex_);
      closed_ = true;
    }
    wanted_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }

  Mutex mutex_;
  ConditionVariable wanted_;
  ConditionVariable ended_;
  std::list<Call*> calls_ THRUM_GUARDED_BY(mutex_);
  std::deque<Posted> posted_ THRUM_GUARDED_BY(mutex_);
  bool closed_ THRUM_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;
};

}  // namespace

std::unique_ptr<Arena::Team> make_threads_team(int slots) {
  return std::make_unique<ThreadsTeam>(slots);
}

}  // namespace thrum
