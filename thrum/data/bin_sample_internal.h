#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "thrum/comm/execution.h"
#include "thrum/data/dataset.h"

namespace thrum {

/// The rows from which bins' bounds are chosen: which they are follows from their global numbers alone, so that they
/// are the same for any number of ranks. Rows of `has_say` 0 are never among them.
class BinSample {
 public:
  /// About `n_rows` rows of all ranks, or all where there are no more (collective).
  BinSample(const Dataset& dataset, std::span<const std::uint8_t> has_say, std::size_t n_rows,
            const Execution& execution);

  /// Of all ranks.
  std::size_t n_rows() const noexcept { return n_rows_; }
  /// Whether every row that has a say is in it.
  bool is_everything() const noexcept { return is_everything_; }
  /// Whether it is all rows of the only rank, in their order.
  bool is_all_rows() const { return execution_.communicator->size() == 1 && rows_.size() == dataset_.n_rows(); }
  /// The values of a feature in these rows of this rank.
  void read(std::size_t feature, std::vector<double>& values) const;
  /// The values of features [begin, end) in these rows of all ranks, in some order (collective).
  std::vector<std::vector<double>> gather(std::size_t begin, std::size_t end) const;

 private:
  const Dataset& dataset_;
  const Execution& execution_;
  std::vector<std::size_t> rows_;  // of this rank, as the dataset's reader counts
  std::size_t n_rows_ = 0;
  bool is_everything_ = true;
};

}  // namespace thrum
