#include <algorithm>
#include <list>
#include <thread>
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
    Call call{work, places - 1};
    {
      MutexLock lock(mutex_);
      calls_.push_back(&call);
    }
    wanted_.notify_all();
    work();
    MutexLock lock(mutex_);
    calls_.remove(&call);
    while (call.running > 0) ended_.wait(mutex_);
  }

 private:
  struct Call {
    FunctionRef<void()> work;
    int wanted;  ///< threads that may still join; guarded by mutex_, as is the rest
    int running = 0;
  };

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
      } else {
        wanted_.wait(mutex_);
      }
    }
  }

  void help(Call& call) THRUM_REQUIRES(mutex_) {
    --call.wanted;
    ++call.running;
    mutex_.unlock();
    call.work();
    mutex_.lock();
    if (--call.running == 0) ended_.notify_all();
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
  bool closed_ THRUM_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;
};

}  // namespace

std::unique_ptr<Arena::Team> make_threads_team(int slots) {
  return std::make_unique<ThreadsTeam>(slots);
}

}  // namespace thrum
