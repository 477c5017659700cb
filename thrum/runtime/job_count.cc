#include "thrum/runtime/job_count.h"

#include <fmt/format.h>

#include <algorithm>

#include "thrum/core/error.h"
#include "thrum/runtime/parallel.h"

namespace thrum {
namespace {

constexpr long long most_jobs = Arena::max_slots - 1;  // a waiting caller takes the last place

int from_count(long long count, int cpus) {
  if (count == 0) {
    throw Error(ErrorCode::invalid_argument, "[Parallel] n_jobs == 0 has no meaning",
                "1 runs in the calling thread, -1 on all CPUs, -2 on all but one");
  }
  if (count > most_jobs) {
    throw Error(ErrorCode::invalid_argument,
                fmt::format("[Parallel] n_jobs must be at most {}, got {}", most_jobs, count));
  }
  return static_cast<int>(count > 0 ? count : std::max(1LL, cpus + 1 + count));
}

int from_share(double share, int cpus) {
  if (share > 0 && share < 1) return std::max(1, static_cast<int>(share * cpus));
  throw Error(ErrorCode::invalid_argument,
              fmt::format("[Parallel] n_jobs as a share of the CPUs must lie between 0 and 1, got {}", share),
              "a whole number, such as 2 or -1, counts jobs");
}

int from_word(std::string_view word, int automatic) {
  if (word == "auto") return automatic;
  throw Error(ErrorCode::invalid_argument,
              fmt::format("[Parallel] n_jobs must be a number or \"auto\", got \"{}\"", word));
}

}  // namespace

int JobCount::resolve(int cpus, int automatic) const {
  if (const long long* count = std::get_if<long long>(&value_)) return from_count(*count, cpus);
  if (const double* share = std::get_if<double>(&value_)) return from_share(*share, cpus);
  return from_word(std::get<std::string>(value_), automatic);
}

}  // namespace thrum
