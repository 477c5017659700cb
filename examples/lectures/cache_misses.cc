// Threads and caches. Counters that lie in one cache line make threads wait for each other although none reads what the
// other writes; and data that no longer fits into a cache takes longer, however many threads there are.
// The lecture's size: lesson_cache_misses 100000000
#include <array>
#include <atomic>
#include <thread>

#include "examples/lectures/hardware_counter.h"
#include "examples/lectures/lesson.h"

namespace {

struct Packed {
  std::atomic<std::uint64_t> value = 0;
};
struct alignas(64) Padded {  // a cache line of its own
  std::atomic<std::uint64_t> value = 0;
};

/// Runs f(0), f(1), ... in threads.
template <class F>
void in_threads(std::size_t n_threads, F&& f) {
  std::vector<std::jthread> threads;
  for (std::size_t i = 0; i < n_threads; ++i) threads.emplace_back(f, i);
}

/// Each thread counts to n in its own counter.
template <class Counter>
bool count(std::size_t n_threads, std::size_t n) {
  alignas(64) std::array<Counter, 4> counters;
  in_threads(n_threads, [&](std::size_t i) {
    std::atomic<std::uint64_t>& mine = counters[i].value;
    for (std::size_t k = 0; k < n; ++k) mine.store(mine.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  });
  bool right = true;
  for (std::size_t i = 0; i < n_threads; ++i) right = right && counters[i].value == n;
  return right;
}

/// Follows a chain through all elements, which jumps too far for the processor to guess. Where it ends.
std::size_t follow_chain(const std::vector<std::size_t>& next, std::size_t steps) {
  std::size_t at = 0;
  for (std::size_t i = 0; i < steps; ++i) at = next[at];
  return at;
}

std::vector<std::size_t> make_chain(std::size_t n) {
  std::vector<std::size_t> next(n);
  constexpr std::size_t jump = 7919 * 64 + 1;  // with a factor of 5 it passes every one of a power of two
  for (std::size_t i = 0; i < n; ++i) next[i] = (i * 5 + jump) % n;
  return next;
}

template <class F>
bool measure(lesson::Lesson& lesson, const std::string& name, F&& f) {
  const lesson::CacheMisses misses;
  const bool right = lesson.time(name, f);
  if (const auto count = misses.count()) lesson.record(name + ", cache misses", static_cast<double>(*count), "");
  return right;
}

void teach(lesson::Lesson& lesson) {
  const std::size_t n = lesson.size();
  if (!lesson::CacheMisses().count()) lesson.say("Cache misses cannot be counted on this machine: the time must tell.");
  bool right = true;
  for (const std::size_t threads : {1, 2, 4}) {
    const std::string name = fmt::format("{} thread{}, ", threads, threads == 1 ? "" : "s");
    right = measure(lesson, name + "in one line", [&] { return count<Packed>(threads, n); }) && right;
    right = measure(lesson, name + "a line each", [&] { return count<Padded>(threads, n); }) && right;
  }
  lesson.check("every counter is right", right);

  for (const std::size_t kilobytes : {16, 256, 4096, 65536}) {
    const std::vector<std::size_t> chain = make_chain(kilobytes * 1024 / sizeof(std::size_t));
    for (const std::size_t threads : {1, 2}) {
      const std::string name = fmt::format("{} KB, {} thread{}", kilobytes, threads, threads == 1 ? "" : "s");
      const std::size_t end = follow_chain(chain, n / 10);
      right = measure(lesson, name,
                      [&] {
                        std::atomic<bool> same = true;
                        in_threads(threads, [&](std::size_t) {
                          if (follow_chain(chain, n / 10) != end) same = false;
                        });
                        return same.load();
                      }) &&
              right;
    }
  }
  lesson.check("every chain ends where it should", right);
}

}  // namespace

int main(int argc, char** argv) {
  return lesson::run(argc, argv, 200'000, teach);
}
