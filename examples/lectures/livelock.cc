// Livelock: two threads that give way to each other, again and again. Both are busy, and neither gets on.
#include <atomic>
#include <barrier>
#include <mutex>
#include <thread>

#include "examples/lectures/lesson.h"

namespace {

/// Two threads need both of two locks. Each takes its own, finds the other's taken, and politely puts its own back; in
/// step, which the barrier makes certain. Returns how many of them got both within n_rounds.
int polite_threads(std::size_t n_rounds) {
  std::mutex locks[2];
  std::barrier step(2);
  std::atomic<int> n_done = 0;
  const auto body = [&](int mine) {
    for (std::size_t round = 0; round < n_rounds; ++round) {
      const std::scoped_lock lock(locks[mine]);
      step.arrive_and_wait();
      if (locks[1 - mine].try_lock()) {
        locks[1 - mine].unlock();
        ++n_done;
      }
      step.arrive_and_wait();
    }
  };
  {
    const std::jthread one(body, 0), two(body, 1);
  }
  return n_done;
}

/// The same need, but lock 0 comes first for both: whoever has it also gets lock 1.
int ordered_threads(std::size_t n_rounds) {
  std::mutex locks[2];
  std::barrier step(2);
  std::atomic<int> n_done = 0;
  const auto body = [&] {
    step.arrive_and_wait();
    for (std::size_t round = 0; round < n_rounds; ++round) {
      const std::scoped_lock first(locks[0]);
      const std::scoped_lock second(locks[1]);
      ++n_done;
    }
  };
  {
    const std::jthread one(body), two(body);
  }
  return n_done;
}

void teach(lesson::Lesson& lesson) {
  const std::size_t n = lesson.size();
  const int polite = lesson.time("each gives way", [&] { return polite_threads(n); });
  lesson.say("    in {} rounds {} threads got both locks", n, polite);
  lesson.check("the livelock was noticed: much work, no progress", polite == 0);
  const int ordered = lesson.time("one order for all", [&] { return ordered_threads(n); });
  lesson.check("both got on in every round", ordered == 2 * static_cast<int>(n));
}

}  // namespace

int main(int argc, char** argv) {
  return lesson::run(argc, argv, 1000, teach);
}
