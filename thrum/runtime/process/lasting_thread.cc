#include "thrum/runtime/process/lasting_thread_internal.h"

#include <unistd.h>

#include <exception>
#include <thread>

#include "thrum/core/mutex.h"

namespace thrum {
namespace {

/// One thread that does one thing after another for those that wait for it. Never destroyed: it must outlive everyone.
class LastingThread {
 public:
  LastingThread() {
    std::thread([this] { serve(); }).detach();
  }

  void run(FunctionRef<void()> work) {
    Order order{work};
    MutexLock lock(mutex_);
    while (order_ != nullptr) changed_.wait(mutex_);
    order_ = &order;
    changed_.notify_all();
    while (!order.done) changed_.wait(mutex_);
    if (order.error) std::rethrow_exception(order.error);
  }

 private:
  struct Order {
    FunctionRef<void()> work;
    std::exception_ptr error = {};
    bool done = false;
  };

  void serve() {
    MutexLock lock(mutex_);
    for (;;) {
      while (order_ == nullptr) changed_.wait(mutex_);
      Order& order = *order_;
      try {
        order.work();
      } catch (...) {
        order.error = std::current_exception();
      }
      order.done = true;
      order_ = nullptr;
      changed_.notify_all();
    }
  }

  Mutex mutex_;
  ConditionVariable changed_;
  Order* order_ THRUM_GUARDED_BY(mutex_) = nullptr;
};

}  // namespace

void run_in_lasting_thread(FunctionRef<void()> work) {
  // The first thread of a process stays, and a program that starts processes from there alone needs no other.
  if (::gettid() == ::getpid()) return work();
  static auto* const thread = new LastingThread;
  thread->run(work);
}

}  // namespace thrum
