#pragma once

#include <cstddef>
#include <optional>
#include <vector>

namespace thrum {

/// Fits that do not depend on each other, such as those of a grid search, and what comes after them.
struct FitQueue {
  std::size_t n_fits = 0;       ///< 1 to max_fits; to max_unequal_fits where seconds has several values
  std::vector<double> seconds;  ///< of each fit, positive; a shorter list is repeated in turn
  double last_seconds = 0;      ///< of what begins when all fits have ended, such as the refit of the best; 0: nothing
  int threads_per_fit = 1;      ///< at least 1; `seconds` and `last_seconds` are times with that many

  static constexpr std::size_t max_fits = 1'000'000'000;
  static constexpr std::size_t max_unequal_fits = 1'000'000;
};

/// How long a queue takes on a number of cores.
struct Schedule {
  int cores = 0;            ///< as asked
  std::size_t at_once = 0;  ///< fits that run beside each other
  std::size_t waves = 0;    ///< the most fits that one of these places runs, one after the other
  double wall_seconds = 0;  ///< with last_seconds
  double efficiency = 0;    ///< core-seconds of work / (cores × wall_seconds)
};

/// The schedule of `queue` on `cores` cores. Fits are not divided, so equal ones run in whole waves: 125 fits take as
/// long on 42 cores as on 62. Unequal ones are given out longest first, which ends at most a third later than the best
/// schedule does (Graham, Bounds on multiprocessing timing anomalies, SIAM J. Appl. Math. 17(2), 1969). Fits that
/// compete for memory bandwidth take longer than alone: time them with all cores busy. Throws invalid_argument where a
/// value is out of its range, or where the cores are fewer than threads_per_fit.
Schedule schedule(const FitQueue& queue, int cores);

/// The fewest cores on which `queue` ends within `deadline_seconds`; none where no number of cores suffices. Throws as
/// schedule().
std::optional<int> fewest_cores(const FitQueue& queue, double deadline_seconds);

/// Beyond this number of cores the queue does not end earlier. Throws as schedule().
int most_useful_cores(const FitQueue& queue);

}  // namespace thrum
