#pragma once

#include <cstddef>
#include <vector>

#include "thrum/data/bin_sample_internal.h"
#include "thrum/data/binned_table.h"
#include "thrum/data/bundle_plan_internal.h"

namespace thrum {

/// What the sample says of a feature.
struct BinChoice {
  BinMap map;
  std::size_t most_frequent_bin = 0;
  std::size_t n_others = 0;  ///< rows of the sample in other bins
  bool is_constant = true;   ///< at most one bin is occupied
  std::size_t group = 0;     ///< features of one group exclude each other in the sample
  RowBits others = {};       ///< of a flag, where the sample is all rows: which are not in its most frequent bin
};

/// One per feature of the schema (collective). A feature that is constant in the sample is looked at in all rows that
/// have a say, so that none is lost that differs in a few of them.
std::vector<BinChoice> choose_bins(const Dataset& dataset, std::span<const std::uint8_t> has_say,
                                   const BinnedTable::Options& options, const Execution& execution);

}  // namespace thrum
