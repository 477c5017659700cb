// Starvation: a thread waits for a lock that a greedy one always takes back first. A ticket lock serves in turn.
#include <atomic>
#include <barrier>
#include <mutex>
#include <thread>

#include "examples/lectures/lesson.h"

namespace {

/// First come, first served: everybody draws a number, and waits until it is called.
class TicketLock {
 public:
  unsigned draw() { return next_.fetch_add(1); }
  void wait_for(unsigned ticket) const {
    for (unsigned called = called_; called != ticket; called = called_) called_.wait(called);
  }
  void lock() { wait_for(draw()); }
  void unlock() {
    ++called_;
    called_.notify_all();
  }

 private:
  std::atomic<unsigned> next_ = 0;
  std::atomic<unsigned> called_ = 0;
};

/// The patient thread tries n times, always at a moment when the greedy one has the lock. How often did it get it?
int patient_turns(std::size_t n) {
  std::mutex mutex;
  std::barrier step(2);
  int n_turns = 0;
  const std::jthread greedy([&] {
    for (std::size_t i = 0; i < n; ++i) {
      const std::scoped_lock lock(mutex);
      step.arrive_and_wait();
      step.arrive_and_wait();
    }
  });
  for (std::size_t i = 0; i < n; ++i) {
    step.arrive_and_wait();
    if (const std::unique_lock lock(mutex, std::try_to_lock); lock) ++n_turns;
    step.arrive_and_wait();
  }
  return n_turns;
}

/// The patient thread draws a number while the greedy one has the lock for the first time. How many turns did the
/// greedy one have before it?
int greedy_turns_before_patient(std::size_t n) {
  TicketLock lock;
  std::barrier step(2);
  int n_turns = 0;
  const std::jthread greedy([&] {
    for (std::size_t i = 0; i < n; ++i) {
      const std::scoped_lock held(lock);
      ++n_turns;
      if (i > 0) continue;
      step.arrive_and_wait();
      step.arrive_and_wait();
    }
  });
  step.arrive_and_wait();
  const unsigned ticket = lock.draw();
  step.arrive_and_wait();
  lock.wait_for(ticket);
  const std::unique_lock held(lock, std::adopt_lock);
  return n_turns;
}

void teach(lesson::Lesson& lesson) {
  const std::size_t n = lesson.size();
  const int patient = lesson.time("plain lock", [&] { return patient_turns(n); });
  lesson.say("    the patient thread got it {} times, the greedy one {} times", patient, n);
  lesson.check("the starvation was noticed", patient == 0);
  const int before = lesson.time("ticket lock", [&] { return greedy_turns_before_patient(n); });
  lesson.say("    the patient thread came after {} turn of the greedy one", before);
  lesson.check("it was served when its number came", before == 1);
}

}  // namespace

int main(int argc, char** argv) {
  return lesson::run(argc, argv, 1000, teach);
}
