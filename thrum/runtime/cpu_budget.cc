#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <string_view>
#include <vector>

#include "thrum/core/error.h"
#include "thrum/core/log.h"
#include "thrum/runtime/cpu_budget_internal.h"
#include "thrum/runtime/parallel.h"

namespace thrum {
namespace {

constexpr std::size_t most_cpus = std::size_t{1} << 20;

int parse_wish(std::string_view wish) {
  constexpr int max = Arena::max_slots;
  int threads = 0;
  const auto [end, error] = std::from_chars(wish.data(), wish.data() + wish.size(), threads);
  if (error == std::errc() && end == wish.data() + wish.size() && threads >= 0 && threads <= max) {
    return threads;
  }
  throw Error(ErrorCode::invalid_argument,
              fmt::format("[THRUM_THREADS] expected a whole number from 0 to {}, got \"{}\"", max, wish));
}

}  // namespace

std::optional<int> count_affinity(FunctionRef<int(std::size_t bytes, cpu_set_t* mask)> get) {
  for (std::size_t n_cpus = CPU_SETSIZE; n_cpus <= most_cpus; n_cpus *= 2) {
    std::vector<cpu_set_t> mask(n_cpus / CPU_SETSIZE);
    const std::size_t bytes = mask.size() * sizeof(cpu_set_t);
    const int error = get(bytes, mask.data());
    if (error == 0) return CPU_COUNT_S(bytes, mask.data());
    if (error != EINVAL) return std::nullopt;
  }
  return std::nullopt;
}

int cpu_budget(int affinity, std::optional<double> quota, const char* wish) {
  int budget = std::max(1, affinity);
  if (quota && *quota < budget) budget = std::max(1, static_cast<int>(std::ceil(*quota)));
  const int threads = wish == nullptr || *wish == '\0' ? 0 : parse_wish(wish);
  if (threads == 0) return budget;
  if (threads > budget) {
    log(LogLevel::warning, fmt::format("THRUM_THREADS asks for {} threads, the machine leaves {}", threads, budget));
  }
  return threads;
}

}  // namespace thrum
