#include "thrum/learn/tree/column_bins_internal.h"

namespace thrum {
namespace {

/// Rows whose tile the first level of cache holds.
constexpr std::size_t chunk_rows = 512;

bool pays(const BinnedTable& table) {
  constexpr std::size_t long_table = std::size_t{1} << 15;
  constexpr std::size_t huge_table = std::size_t{1} << 22;
  constexpr std::size_t wide_table = 128;
  return table.n_rows() > long_table && table.n_rows() <= huge_table && table.n_columns() <= wide_table;
}

}  // namespace

ColumnStore::ColumnStore(const BinnedTable& table, const Execution& execution)
    : table_(table), copied_(pays(table)), copy_(copied_ ? table.n_columns() * table.n_rows() : 0) {
  if (!copied_) return;
  const std::size_t n_rows = table.n_rows();
  parallel_for(*execution.arena, n_rows, chunk_rows, [&](std::size_t begin, std::size_t end) {
    for (std::size_t c = 0; c < table.n_columns(); ++c) {
      const std::uint8_t* from = table.column(c) + begin * BinnedTable::tile_width;
      std::uint8_t* to = copy_.data() + c * n_rows + begin;
      for (std::size_t i = 0; i < end - begin; ++i) to[i] = from[i * BinnedTable::tile_width];
    }
  });
}

ColumnBins ColumnStore::column(std::size_t c) const {
  if (copied_) return {copy_.data() + c * table_.n_rows(), 1};
  return {table_.column(c), BinnedTable::tile_width};
}

}  // namespace thrum
