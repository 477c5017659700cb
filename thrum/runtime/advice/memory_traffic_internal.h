#pragma once

#include <sys/types.h>

#include <optional>
#include <vector>

namespace thrum {

/// How much memory processes touch: the bytes of the pages that they use within a few milliseconds of CPU time, per
/// second of CPU time. A page that was not used for a while costs at least one access to memory (about 100 ns) or, when
/// all of it is read, its share of the bandwidth (about 100 ns, too), so a high rate means a program that waits for
/// memory, whatever its pattern; what works in caches touches next to nothing new.
///
/// The kernel is asked to forget which pages were used, and then which ones were (clear_refs and smaps_rollup of
/// proc(5)); neither disturbs the program for long.
class TrafficMeter {
 public:
  /// Samples take at most `longest_share` of the time.
  explicit TrafficMeter(double longest_share = 0.05) : longest_share_(longest_share) {}

  /// Takes a sample, unless the last one was so long that another would be a burden.
  void sample(const std::vector<pid_t>& processes);

  /// Bytes per second of CPU time; none: nothing was seen, or the kernel does not tell.
  std::optional<double> bytes_per_second() const;

 private:
  double longest_share_;
  std::vector<double> rates_;
  double not_before_ = 0;
};

}  // namespace thrum
