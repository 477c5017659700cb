// A cached function: the first call computes, every later one, in this process or another, takes the result from disk.
// The lecture's size: lesson_cached_function 1000000
#include <filesystem>

#include "examples/lectures/lesson.h"
#include "thrum/cache/memory.h"
#include "thrum/runtime/process/spawn.h"

namespace {

int n_computed = 0;  // in this process

/// Slow work: the primes below n.
std::vector<std::size_t> primes(std::size_t n) {
  ++n_computed;
  std::vector<std::size_t> found;
  for (std::size_t x = 2; x < n; ++x) {
    bool is_prime = true;
    for (std::size_t d = 2; d * d <= x && is_prime; ++d) is_prime = x % d != 0;
    if (is_prime) found.push_back(x);
  }
  return found;
}

/// The same with a memory. The version is to be changed when the function computes something else.
auto cached_primes(const std::string& folder) {
  return thrum::Memory(folder).cache("primes", "1", primes);
}

void expect_stored_result(const std::string& folder, std::size_t n) {
  cached_primes(folder)(n);
  if (n_computed > 0) throw std::runtime_error("the result was not there");
}

void teach(lesson::Lesson& lesson) {
  const std::size_t n = lesson.size();
  const std::string folder = std::filesystem::temp_directory_path() / fmt::format("lesson-cache-{}", ::getpid());
  const auto cached = cached_primes(folder);

  const auto first = lesson.time("first call", [&] { return cached(n); });
  const auto second = lesson.time("second call", [&] { return cached(n); });
  lesson.check("the same primes, computed once", first == second && n_computed == 1);

  cached(n - 1);
  lesson.check("other arguments are computed", n_computed == 2);

  thrum::Process process = thrum::spawn(expect_stored_result, folder, n);
  lesson.say("  process {} asks for the primes that process {} has stored", process.pid(), ::getpid());
  lesson.check("it found them", process.wait().ok());
  std::filesystem::remove_all(folder);
}

}  // namespace

int main(int argc, char** argv) {
  return lesson::run(argc, argv, 100'000, teach);
}
