#pragma once

#include <cstddef>
#include <vector>

#include "thrum/comm/execution.h"
#include "thrum/core/view.h"

namespace thrum::linalg {

/// One number of each per column, or per row.
struct Statistics {
  std::size_t count = 0;         ///< numbers in each column, or row
  std::vector<double> mean;      ///< NaN where there are none
  std::vector<double> variance;  ///< the mean of the squared distances from the mean, as NumPy's var; NaN as above
  std::vector<double> min;       ///< infinite where there are none
  std::vector<double> max;       ///< -infinite where there are none
};

/// Of each column over the rows of all ranks (collective), read once: the mean is exact but for the rounding of blocks
/// of 4096 rows, the variance comes from distances to the means of these blocks and of the whole, not from squares,
/// which cancel (T. F. Chan et al., "Algorithms for computing the sample variance", 1983). The same bits for any number
/// of threads and ranks. A NaN makes all four of its column NaN; an infinite number the mean and the variance.
///
/// Memory: 1/4096 of A. Throws cancelled. Thread-safe.
Statistics column_statistics(const Execution& execution, MatrixView<const float> A);
Statistics column_statistics(const Execution& execution, MatrixView<const double> A);

/// Of each of this rank's rows, by the same rules.
Statistics row_statistics(const Execution& execution, MatrixView<const float> A);
Statistics row_statistics(const Execution& execution, MatrixView<const double> A);

}  // namespace thrum::linalg
