// Processes share no memory: what one appends to a list of the program, the other never sees. A queue brings the
// results.
#include <thread>

#include "examples/lectures/lesson.h"
#include "thrum/runtime/process/spawn.h"
#include "thrum/runtime/sharing/queue.h"

namespace {

std::vector<int> squares;  // every process has one of its own

void append_squares(int n) {
  for (int i = 0; i < n; ++i) squares.push_back(i * i);
}

void send_squares(int n, const thrum::Queue<std::vector<int>>& queue) {
  append_squares(n);
  queue.put(squares);
}

void teach(lesson::Lesson& lesson) {
  const auto n = static_cast<int>(lesson.size());

  std::thread(append_squares, n).join();
  lesson.say("A thread of process {} has appended: the list has {} elements.", ::getpid(), squares.size());
  lesson.check("threads share memory", squares.size() == lesson.size());

  squares.clear();
  thrum::Process process = lesson.time("a process", [&] {
    auto started = thrum::spawn(append_squares, n);
    started.wait();
    return started;
  });
  lesson.say("Process {} has appended to its own: ours has {} elements.", process.pid(), squares.size());
  lesson.check("it ended well, and our list is empty", process.wait().ok() && squares.empty());

  const thrum::Queue<std::vector<int>> queue;
  const thrum::Process sender = lesson.time("a process that sends its result", [&] {
    thrum::Process started = thrum::spawn(send_squares, n, queue);
    squares = queue.get().value();
    started.wait();
    return started;
  });
  lesson.say("Process {} has sent its list: ours has {} elements.", sender.pid(), squares.size());
  lesson.check("every element came", squares.size() == lesson.size() && squares.back() == (n - 1) * (n - 1));
}

}  // namespace

int main(int argc, char** argv) {
  return lesson::run(argc, argv, 1000, teach);
}
