#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "thrum/comm/execution.h"

namespace thrum {

/// A row's part in a quantile.
struct QuantileTerm {
  double value = 0;
  double weight = 0;
  std::uint16_t group = 0;
};

/// Of each group, the lowest value at which the weights up to it, in the order of the values, reach the share `level`
/// of all; 0 for a group without weight. `terms`: of this rank's rows, in their order. All ranks get all terms, so
/// memory follows from all rows (collective).
std::vector<double> group_quantiles(std::vector<QuantileTerm> terms, std::size_t n_groups, double level,
                                    const Execution& execution);

}  // namespace thrum
