// C = A + B by processes that share the three matrices: each adds its rows in place, and nothing is copied.
// The lecture's size: lesson_matrix_addition 5000
#include <algorithm>

#include "examples/lectures/lesson.h"
#include "thrum/runtime/machine.h"
#include "thrum/runtime/process/process_pool.h"
#include "thrum/runtime/sharing/shared_array.h"

namespace {

/// (n, n) numbers, row by row.
using Matrix = thrum::SharedArray<double>;

Matrix make_matrix(std::size_t n, double factor) {
  const Matrix matrix(n * n);
  for (std::size_t i = 0; i < n * n; ++i) matrix.mutable_span()[i] = factor * static_cast<double>(i);
  matrix.seal();
  return matrix;
}

/// Elements [begin, end), which belong to this process alone.
pid_t add(const Matrix& a, const Matrix& b, const Matrix& c, std::size_t begin, std::size_t end) {
  const std::span<double> sum = c.mutable_span();
  for (std::size_t i = begin; i < end; ++i) sum[i] = a[i] + b[i];
  return ::getpid();
}

void teach(lesson::Lesson& lesson) {
  const std::size_t n = lesson.size();
  const Matrix a = make_matrix(n, 1), b = make_matrix(n, 2);
  const Matrix alone = Matrix::writable(n * n), together = Matrix::writable(n * n);
  lesson.time("one process", [&] { add(a, b, alone, 0, n * n); });

  const auto workers = static_cast<std::size_t>(thrum::available_cpus());
  thrum::ProcessPool pool({.workers = static_cast<int>(workers)});
  pool.wait_until_ready();
  const std::vector<pid_t> processes = lesson.time("a process per core", [&] {
    std::vector<thrum::Future<pid_t>> parts;
    for (std::size_t part = 0; part < workers; ++part) {
      parts.push_back(pool.apply_async(add, a, b, together, n * part / workers * n, n * (part + 1) / workers * n));
    }
    std::vector<pid_t> done;
    for (auto& part : parts) done.push_back(part.get());
    return done;
  });
  lesson.say("  the rows were added by processes {}, not by {}", fmt::join(processes, " "), ::getpid());

  lesson.check("every sum is right", std::ranges::equal(together, alone) && together[n * n - 1] == 3 * a[n * n - 1]);
}

}  // namespace

int main(int argc, char** argv) {
  return lesson::run(argc, argv, 500, teach);
}
