#include <sys/resource.h>

#include "thrum/runtime/advice/process_usage_internal.h"

namespace thrum {
namespace {

double seconds_of(const timeval& time) {
  return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
}

}  // namespace

ProcessUsage process_usage_of(const rusage& usage) {
  constexpr std::uint64_t block = 512;
  const auto count = [](long number) { return static_cast<std::uint64_t>(number); };
  ProcessUsage used;
  used.user_seconds = seconds_of(usage.ru_utime);
  used.system_seconds = seconds_of(usage.ru_stime);
  used.peak_resident_bytes = count(usage.ru_maxrss) * 1024;
  used.minor_faults = count(usage.ru_minflt);
  used.major_faults = count(usage.ru_majflt);
  used.voluntary_switches = count(usage.ru_nvcsw);
  used.forced_switches = count(usage.ru_nivcsw);
  used.storage_read_bytes = count(usage.ru_inblock) * block;
  used.storage_written_bytes = count(usage.ru_oublock) * block;
  return used;
}

ProcessUsage thread_usage() {
  rusage usage{};
  ::getrusage(RUSAGE_THREAD, &usage);
  return process_usage_of(usage);
}

}  // namespace thrum
