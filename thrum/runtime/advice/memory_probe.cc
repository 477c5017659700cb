#include "thrum/runtime/advice/memory_probe.h"

#include <hwy/aligned_allocator.h>
#include <hwy/cache_control.h>
#include <hwy/highway.h>
#include <pthread.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <numeric>
#include <thread>
#include <vector>

#include "thrum/core/error.h"
#include "thrum/runtime/advice/clock_internal.h"
#include "thrum/runtime/advice/cpu_set_internal.h"
#include "thrum/runtime/advice/memory_traffic_internal.h"

namespace thrum {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

enum class Load { none, computing, writing };
constexpr std::array loads = {Load::computing, Load::writing};

void compute() {
  std::uint64_t x = 1;
  for (int i = 0; i < 50'000; ++i) {
    x ^= x >> 31;
    x *= 0x9e3779b97f4a7c15U;
    asm volatile("" : "+r"(x));
  }
}

/// Around the caches, so that all of it reaches memory.
void write_through(float* HWY_RESTRICT values, std::size_t n, float value) {
  const hn::ScalableTag<float> d;
  const auto filled = hn::Set(d, value);
  for (std::size_t i = 0; i < n; i += hn::Lanes(d)) hn::Stream(filled, d, values + i);
  hwy::FlushStream();
}

/// A thread per CPU that does what `set` says, until the end.
class Neighbours {
 public:
  explicit Neighbours(const std::vector<int>& cpus) : n_(values_per_thread(cpus.size())) {
    for (const int cpu : cpus) threads_.emplace_back([this, cpu](std::stop_token stop) { live(cpu, stop); });
    while (ready_ < cpus.size()) std::this_thread::yield();
  }

  void set(Load load) { load_ = load; }

  /// CPU seconds that all of them have used.
  double cpu_seconds() {
    double sum = 0;
    for (std::jthread& thread : threads_) {
      clockid_t clock{};
      if (::pthread_getcpuclockid(thread.native_handle(), &clock) == 0) sum += seconds_on(clock);
    }
    return sum;
  }

  std::size_t size() const { return threads_.size(); }

 private:
  /// Beyond caches, and all together no burden for the machine.
  static std::size_t values_per_thread(std::size_t n_threads) {
    constexpr std::size_t block = std::size_t{1} << 22, all = std::size_t{1} << 26;
    return std::max(block, all / n_threads / block * block);
  }

  void live(int cpu, const std::stop_token& stop) {
    stay_on({cpu});
    constexpr std::size_t block = std::size_t{1} << 16;
    const std::size_t n = n_;
    const auto values = hwy::AllocateAligned<float>(n);
    std::fill_n(values.get(), n, 0.0F);
    ++ready_;
    for (std::size_t at = 0; !stop.stop_requested(); at = (at + block) % n) {
      switch (load_.load()) {
        case Load::none:
          std::this_thread::sleep_for(std::chrono::milliseconds(1));
          break;
        case Load::computing:
          compute();
          break;
        case Load::writing:
          write_through(values.get() + at, block, static_cast<float>(at));
          break;
      }
    }
  }

  std::size_t n_;
  std::atomic<Load> load_ = Load::none;
  std::atomic<std::size_t> ready_ = 0;
  std::vector<std::jthread> threads_;
};

/// Reads memory from end to end.
class Stream {
 public:
  void pass() const {
    const std::uint64_t sum = std::accumulate(words_.begin(), words_.end(), std::uint64_t{0});
    asm volatile("" : : "r"(sum));
  }

  /// Of CPU time for a few passes.
  double seconds() const {
    const double begin = seconds_on(CLOCK_THREAD_CPUTIME_ID);
    for (int i = 0; i < 10; ++i) pass();
    return seconds_on(CLOCK_THREAD_CPUTIME_ID) - begin;
  }

 private:
  std::vector<std::uint64_t> words_ = std::vector<std::uint64_t>((std::size_t{256} << 20) / sizeof(std::uint64_t), 1);
};

/// The calling thread on a few CPUs, until the end of the object.
class Confined {
 public:
  Confined(std::vector<int> before, const std::vector<int>& cpus) : before_(std::move(before)) { stay_on(cpus); }
  ~Confined() { stay_on(before_); }
  Confined(const Confined&) = delete;
  Confined& operator=(const Confined&) = delete;

 private:
  std::vector<int> before_;
};

/// What a piece of work took beside neighbours of one kind, and how much of the time those really ran.
struct Trial {
  double work_seconds = 0;
  double wall_seconds = 0;
  double neighbour_seconds = 0;

  void operator+=(const Trial& other) {
    work_seconds += other.work_seconds;
    wall_seconds += other.wall_seconds;
    neighbour_seconds += other.neighbour_seconds;
  }
};

double slowdown(const Trial& computing, const Trial& writing) {
  return writing.work_seconds / computing.work_seconds;
}

std::optional<Trial> trial(Neighbours& neighbours, FunctionRef<std::optional<double>()> work) {
  const double wall_before = seconds_on(CLOCK_MONOTONIC), neighbours_before = neighbours.cpu_seconds();
  const std::optional<double> seconds = work();
  if (!seconds) return std::nullopt;
  return Trial{*seconds, seconds_on(CLOCK_MONOTONIC) - wall_before, neighbours.cpu_seconds() - neighbours_before};
}

void check(const std::stop_token& stop) {
  if (stop.stop_requested()) throw Error(ErrorCode::cancelled, "[probe_memory] stopped");
}

}  // namespace

double MemoryPressure::threshold() const noexcept {
  constexpr double clear = 1.25, telling = 1.1, undisturbed = 0.8;
  if (stream_slowdown < telling || active_share < undisturbed) return 0;
  return std::min(clear, 1 + (stream_slowdown - 1) / 2);
}

std::optional<MemoryPressure> probe_memory(FunctionRef<std::optional<double>()> work,
                                           const MemoryProbeOptions& options) {
  const std::vector<int> cpus = own_cpus();
  const auto n = static_cast<std::size_t>(options.work_cpus);
  if (cpus.size() <= n) return std::nullopt;
  const std::vector<int> here(cpus.begin(), cpus.begin() + static_cast<std::ptrdiff_t>(n));
  const std::vector<int> there(cpus.begin() + static_cast<std::ptrdiff_t>(n), cpus.end());
  Neighbours neighbours(there);
  const Confined confined(cpus, here);
  Stream stream;
  std::array<Trial, loads.size()> work_trials, stream_trials;
  for (int round = 0; round < options.rounds; ++round) {
    for (std::size_t kind = 0; kind < loads.size(); ++kind) {
      neighbours.set(loads[kind]);
      stream_trials[kind] += trial(neighbours, [&] { return std::optional(stream.seconds()); }).value();
      check(options.stop);
      const std::optional<Trial> done = trial(neighbours, work);
      if (!done) return std::nullopt;
      work_trials[kind] += *done;
    }
  }
  const Trial& writing = work_trials[1];
  return MemoryPressure{
      .slowdown = slowdown(work_trials[0], writing),
      .stream_slowdown = slowdown(stream_trials[0], stream_trials[1]),
      .active_share = writing.neighbour_seconds / (writing.wall_seconds * static_cast<double>(neighbours.size()))};
}

std::optional<double> stream_touched_bytes_per_second() {
  Stream stream;
  const std::jthread streaming([&](const std::stop_token& stop) {
    while (!stop.stop_requested()) stream.pass();
  });
  TrafficMeter meter(1);
  for (int sample = 0; sample < 16; ++sample) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    meter.sample({::getpid()});
  }
  return meter.bytes_per_second();
}

}  // namespace thrum
