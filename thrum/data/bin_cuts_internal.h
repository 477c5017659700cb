#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace thrum {

/// A value that occurs `count` times in a sample.
struct ValueCount {
  double value = 0;
  std::size_t count = 0;
};

/// The different values of `sorted` (ascending, without NaN; -0.0 and 0.0 are one) and how often each occurs.
std::vector<ValueCount> count_values(const std::vector<double>& sorted);
/// The same of values in any order, which they are brought into only where they are not few.
std::vector<ValueCount> count_unsorted(std::vector<double>& values);

/// A finite number c with a <= c < b: the float nearest to the middle where a float lies there, else the double. Only
/// where a is -inf and b the lowest finite number is there none, and the answer is -inf. REQUIRES: a < b.
double separating_cut(double a, double b) noexcept;

/// Upper bounds of at most `max_bins` bins, the last +inf. Each value has a bin of its own where they are not too many;
/// else bins hold about equally many rows, at least `min_rows` of them, and a value as heavy as a bin ends one (the
/// greedy rule of LightGBM, Ke et al. 2017).
std::vector<double> number_cuts(const std::vector<ValueCount>& values, std::size_t max_bins, std::size_t min_rows);

/// The codes that get bins, most frequent first and of equals the lower: at most `max_bins`.
std::vector<std::int32_t> frequent_categories(const std::vector<ValueCount>& codes, std::size_t max_bins);

}  // namespace thrum
