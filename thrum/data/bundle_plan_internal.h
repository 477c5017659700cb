#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <vector>

#include "thrum/data/binned_table.h"

namespace thrum {

/// A set of sampled rows, one bit each.
using RowBits = std::vector<std::uint64_t>;

/// Which features may share a column of bytes, as far as a sample of rows tells: the greedy rule of LightGBM (Ke et al.
/// 2017, algorithm 3), but without conflicts, and in the order of the schema, where features that exclude each other
/// tend to be neighbours.
class BundlePlan {
 public:
  /// The group of the next feature, which has `n_bins` and is in another bin than its most frequent one in `others`
  /// (empty: it cannot share).
  std::size_t add(std::size_t n_bins, const RowBits& others);

 private:
  struct Group {
    std::size_t number = 0;
    std::size_t n_bytes = 1;  // byte 0: all features are in their most frequent bins
    RowBits taken;
  };

  std::deque<Group> open_;  // the latest
  std::size_t n_groups_ = 0;
};

/// Gives each feature its place in a column, the features of one group in one column. Returns how many different bytes
/// each column has.
std::vector<std::size_t> lay_out(std::span<BinnedFeature> features, std::span<const std::size_t> groups);

}  // namespace thrum
