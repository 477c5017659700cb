// A program that answers its user while it works: the work goes to a thread, and the loop that answers goes on.
#include <algorithm>
#include <future>
#include <stop_token>
#include <string_view>
#include <thread>

#include "examples/lectures/lesson.h"

namespace {

using namespace std::chrono_literals;

/// Long work that can be stopped: counts the primes below n.
std::size_t count_primes(std::size_t n, const std::stop_token& stop) {
  std::size_t n_primes = 0;
  for (std::size_t x = 2; x < n && !stop.stop_requested(); ++x) {
    bool is_prime = true;
    for (std::size_t d = 2; d * d <= x && is_prime; ++d) is_prime = x % d != 0;
    n_primes += is_prime;
  }
  return n_primes;
}

/// Answers the user between two looks at the work. Returns the longest time without an answer.
template <class IsDone>
double answer_until(IsDone&& is_done) {
  double longest = 0;
  for (bool done = false; !done;) {
    const lesson::Stopwatch pause;
    done = is_done();
    longest = std::max(longest, pause.seconds());
  }
  return longest;
}

void teach(lesson::Lesson& lesson) {
  const std::size_t n = lesson.size();

  std::size_t in_loop = 0;
  const double frozen = answer_until([&] {
    in_loop = count_primes(n, {});
    return true;
  });
  lesson.record("longest silence, work in the loop", frozen, "s");

  std::future<std::size_t> work = std::async(std::launch::async, count_primes, n, std::stop_token());
  const double responsive = answer_until([&] { return work.wait_for(1ms) == std::future_status::ready; });
  lesson.record("longest silence, work in a thread", responsive, "s");
  lesson.check("the work has the same result", work.get() == in_loop);

  // Work without end: the user types, sees an answer to every key, and stops it with q.
  lesson::Who worker = lesson::Who();
  std::jthread endless([&](const std::stop_token& stop) {
    worker = lesson::Who();
    count_primes(static_cast<std::size_t>(-1), stop);
  });
  std::string screen;
  for (const char key : std::string_view("are you there?q")) {
    if (key == 'q') {
      endless.request_stop();
    } else {
      screen += key;
    }
  }
  endless.join();
  lesson.say("  thread {} worked, thread {} answered: {}", worker.thread, lesson::Who().thread, screen);
  lesson.check("every key was answered while the work went on", screen == "are you there?" && worker != lesson::Who());
}

}  // namespace

int main(int argc, char** argv) {
  return lesson::run(argc, argv, 200'000, teach);
}
