// What it costs to create a thread or a process, and to switch from one to another and back.
// The lecture's size: lesson_creation 1000
#include <semaphore>
#include <thread>

#include "examples/lectures/lesson.h"
#include "thrum/runtime/process/spawn.h"
#include "thrum/runtime/sharing/pipe.h"
#include "thrum/runtime/sharing/shared_array.h"

namespace {

using Counter = thrum::SharedArray<std::uint64_t>;

void count(const Counter& counter) {
  ++counter.mutable_span()[0];
}

/// Creates n of them, one after the other. Returns microseconds for one, its work and its end included.
template <class CreateOne>
double cost(std::size_t n, CreateOne&& create_one) {
  const lesson::Stopwatch watch;
  for (std::size_t i = 0; i < n; ++i) create_one();
  return 1e6 * watch.seconds() / static_cast<double>(n);
}

double cost_of_process(thrum::StartMethod method, std::size_t n, const Counter& counter) {
  return cost(n, [&] { thrum::spawn({.start = method}, count, counter).wait(); });
}

double cost_of_thread(std::size_t n, const Counter& counter) {
  return cost(n, [&] { std::thread(count, counter).join(); });
}

/// There and back, n times, between two threads that wake each other.
double thread_round_trip(std::size_t n) {
  std::binary_semaphore there(0), back(0);
  const std::jthread other([&] {
    for (std::size_t i = 0; i < n; ++i) {
      there.acquire();
      back.release();
    }
  });
  return cost(n, [&] {
    there.release();
    back.acquire();
  });
}

void answer(const thrum::Pipe<char>& theirs, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) theirs.send(theirs.recv().value());
}

/// The same between two processes, by a pipe.
double process_round_trip(std::size_t n) {
  auto [ours, theirs] = thrum::make_pipe<char>();
  thrum::Process other = thrum::spawn(answer, theirs, n + 1);
  theirs.close();
  const auto there_and_back = [&line = ours] {
    line.send('x');
    if (line.recv() != 'x') throw std::runtime_error("the other process failed");
  };
  there_and_back();  // until it has started
  return cost(n, there_and_back);
}

void teach(lesson::Lesson& lesson) {
  const std::size_t n = lesson.size();
  const Counter counter = Counter::writable(1);
  // Fork comes first: it needs a process with one thread.
  lesson.record("process by fork", cost_of_process(thrum::StartMethod::fork, n, counter), "us");
  lesson.record("process by fork server", cost_of_process(thrum::StartMethod::fork_server, n, counter), "us");
  lesson.record("process by spawn", cost_of_process(thrum::StartMethod::spawn, n, counter), "us");
  lesson.record("thread", cost_of_thread(n, counter), "us");
  lesson.check("each of them has worked once", counter[0] == 4 * n);
  lesson.record("to a process and back", process_round_trip(10 * n), "us");
  lesson.record("to a thread and back", thread_round_trip(10 * n), "us");
}

}  // namespace

int main(int argc, char** argv) {
  return lesson::run(argc, argv, 20, teach);
}
