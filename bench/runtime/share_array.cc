#include <fmt/format.h>
#include <sys/types.h>

#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "measurements.h"
#include "thrum/runtime/process/process_pool.h"
#include "thrum/runtime/sharing/shared_array.h"

namespace thrum::bench {
namespace {

/// Of a file of /proc such as "RssAnon:   123 kB".
double bytes_in(const std::string& path, const std::string& field) {
  std::ifstream file(path);
  for (std::string name, value; file >> name >> value;) {
    if (name == field + ":") return std::stod(value) * 1024;
    if (value != "kB") file.ignore(1000, '\n');
  }
  throw std::runtime_error("no " + field + " in " + path);
}

double in_all(const std::vector<pid_t>& pids, const std::string& field) {
  double sum = 0;
  for (const pid_t pid : pids) sum += bytes_in(fmt::format("/proc/{}/status", pid), field);
  return sum;
}

double first_and_last(const SharedArray<double>& x) {
  return x[0] + x[x.size() - 1];
}

double sum(const SharedArray<double>& x) {
  double total = 0;
  for (const double value : x) total += value;
  return total;
}

struct Memory {
  double own, shared, everywhere;
};
Memory memory(const std::vector<pid_t>& pids) {
  return {in_all(pids, "RssAnon"), in_all(pids, "RssShmem"), bytes_in("/proc/meminfo", "Shmem")};
}

void expect_all(const std::vector<double>& found, double expected, std::size_t workers) {
  if (found != std::vector<double>(workers, expected)) throw std::runtime_error("a worker saw another array");
}

}  // namespace

std::string share_array(Words words) {
  const auto workers = std::stoul(words[0]);
  const std::size_t n = (std::stoul(words[1]) << 30) / sizeof(double);
  ProcessPool pool({.workers = static_cast<int>(workers)});
  pool.wait_until_ready();
  const auto small = SharedArray<double>::from(std::vector<double>{1, 2});
  pool.map(&sum, std::vector(workers, small));

  std::vector<double> own(n, 0.5);
  SharedArray<double> x;
  if (words[2] == "shared") x = SharedArray<double>::from(own);
  const Memory before = memory(pool.pids());
  std::vector<double> found;
  const double seconds = seconds_of([&] {
    if (words[2] == "private") x = SharedArray<double>::from(own);
    found = pool.map(&first_and_last, std::vector(workers, x));
  });
  expect_all(found, 1, workers);
  expect_all(pool.map(&sum, std::vector(workers, x)), 0.5 * static_cast<double>(n), workers);
  const Memory after = memory(pool.pids());
  return fmt::format(R"({{"seconds": {}, "workers_own_growth": {}, "workers_shared": {}, "shmem_growth": {}}})",
                     seconds, after.own - before.own, after.shared - before.shared,
                     after.everywhere - before.everywhere);
}

}  // namespace thrum::bench
