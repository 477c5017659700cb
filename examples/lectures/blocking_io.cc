// Threads for work that waits, and for work that computes: 32 threads on few cores fetch pages 32 times as fast, and
// compute not faster than the cores can.
// The lecture's size: lesson_blocking_io 320
#include <algorithm>

#include "examples/lectures/lesson.h"
#include "examples/lectures/slow_server.h"
#include "thrum/runtime/machine.h"
#include "thrum/runtime/parallel.h"

namespace {

using namespace std::chrono_literals;

std::vector<std::string> fetch_pages(int n_threads, std::uint16_t port, std::size_t n) {
  thrum::Arena arena(n_threads, thrum::Backend::threads);  // these threads may block
  return thrum::parallel_map(arena, n, [&](std::size_t) { return lesson::fetch(port); });
}

/// As many steps of a small generator of random numbers: nothing but arithmetic.
std::uint64_t compute(std::uint64_t x) {
  for (int step = 0; step < 1'000'000; ++step) x = x * 6364136223846793005 + 1442695040888963407;
  return x;
}

std::vector<std::uint64_t> compute_all(int n_threads, std::size_t n) {
  thrum::Arena arena(n_threads, thrum::Backend::threads);
  return thrum::parallel_map(arena, n, [](std::size_t i) { return compute(i); });
}

void teach(lesson::Lesson& lesson) {
  const std::size_t n = lesson.size();
  const lesson::SlowServer server(20ms);
  lesson.say("{} pages from port {}, each 20 ms away:", n, server.port());
  const auto slow = lesson.time("fetch, 1 thread", [&] { return fetch_pages(1, server.port(), n); });
  const auto fast = lesson.time("fetch, 32 threads", [&] { return fetch_pages(32, server.port(), n); });
  lesson.check("every page came", std::ranges::count(slow, "hello") == std::ssize(slow) && slow == fast);
  lesson.say("    speed-up {:.1f}", lesson.figure("fetch, 1 thread") / lesson.figure("fetch, 32 threads"));
  lesson.check("waiting is shared by threads", lesson.figure("fetch, 32 threads") < lesson.figure("fetch, 1 thread"));

  lesson.say("{} computations on {} CPUs:", n, thrum::available_cpus());
  const auto one = lesson.time("compute, 1 thread", [&] { return compute_all(1, n); });
  const auto many = lesson.time("compute, 32 threads", [&] { return compute_all(32, n); });
  lesson.say("    speed-up {:.1f}", lesson.figure("compute, 1 thread") / lesson.figure("compute, 32 threads"));
  lesson.check("the numbers are the same", one == many);
}

}  // namespace

int main(int argc, char** argv) {
  return lesson::run(argc, argv, 64, teach);
}
