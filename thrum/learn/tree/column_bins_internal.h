#pragma once

#include <cstddef>
#include <cstdint>

#include "thrum/comm/execution.h"
#include "thrum/data/binned_table.h"
#include "thrum/learn/linear/zeroed_array_internal.h"

namespace thrum {

/// The bins of one column: row i is bins[i * stride].
struct ColumnBins {
  const std::uint8_t* bins;
  std::size_t stride;
};

/// The columns of a BinnedTable one by one. To send rows left or right takes one byte of each: where the table is
/// longer than caches are large, a copy by columns gives 32 useful bytes for each one that the tiles give. A wide
/// table, whose histograms cost far more than that, is not copied, nor one of so many rows that memory is dearer than
/// time.
class ColumnStore {
 public:
  /// `table` outlives it.
  ColumnStore(const BinnedTable& table, const Execution& execution);

  ColumnBins column(std::size_t c) const;

 private:
  const BinnedTable& table_;
  bool copied_;
  ZeroedArray<std::uint8_t> copy_;  ///< (n_columns, n_rows)
};

}  // namespace thrum
