// Two threads add to one counter. Reading, adding and writing are three steps: what the other wrote in between is lost.
#include <atomic>
#include <barrier>
#include <mutex>
#include <thread>

#include "examples/lectures/lesson.h"

namespace {

/// Runs f in two threads that begin together.
template <class F>
void twice(F&& f) {
  std::barrier start(2);
  const auto body = [&] {
    start.arrive_and_wait();
    f();
  };
  const std::jthread one(body), two(body);
}

/// The race in slow motion: both read before either writes.
long lost_update() {
  std::atomic<long> counter = 0;
  std::barrier both_have_read(2);
  twice([&] {
    const long seen = counter.load();
    both_have_read.arrive_and_wait();
    counter.store(seen + 1);
  });
  return counter;
}

/// A plain long would be undefined behaviour; with atomic loads and stores it is only wrong.
long race(std::size_t n) {
  std::atomic<long> counter = 0;
  twice([&] {
    for (std::size_t i = 0; i < n; ++i) {
      const long seen = counter.load(std::memory_order_relaxed);
      counter.store(seen + 1, std::memory_order_relaxed);
    }
  });
  return counter;
}

long with_mutex(std::size_t n) {
  long counter = 0;
  std::mutex mutex;
  twice([&] {
    for (std::size_t i = 0; i < n; ++i) {
      const std::scoped_lock lock(mutex);
      ++counter;
    }
  });
  return counter;
}

long with_atomic(std::size_t n) {
  std::atomic<long> counter = 0;
  twice([&] {
    for (std::size_t i = 0; i < n; ++i) counter.fetch_add(1, std::memory_order_relaxed);
  });
  return counter;
}

void teach(lesson::Lesson& lesson) {
  const auto expected = static_cast<long>(2 * lesson.size());
  lesson.check("two additions of 1 gave 1", lost_update() == 1);

  lesson.say("Two threads of process {} add 1, {} times each:", ::getpid(), lesson.size());
  const long raced = lesson.time("without a lock", [&] { return race(lesson.size()); });
  lesson.say("    {} of {} additions were lost", expected - raced, expected);
  lesson.check("never more than were made", raced <= expected);
  lesson.check("with a mutex none is lost",
               lesson.time("mutex", [&] { return with_mutex(lesson.size()); }) == expected);
  lesson.check("as one atomic step none is lost",
               lesson.time("atomic addition", [&] { return with_atomic(lesson.size()); }) == expected);
}

}  // namespace

int main(int argc, char** argv) {
  return lesson::run(argc, argv, 200'000, teach);
}
