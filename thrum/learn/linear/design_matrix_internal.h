#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "thrum/comm/execution.h"
#include "thrum/comm/row_blocks.h"
#include "thrum/core/function_ref.h"
#include "thrum/core/view.h"
#include "thrum/data/dataset.h"
#include "thrum/data/encoder.h"
#include "thrum/learn/linear/standardize_internal.h"
#include "thrum/learn/linear/zeroed_array_internal.h"

namespace thrum {

/// How a design matrix keeps its rows between two readings.
enum class RowStorage {
  computed,  ///< as they are computed with, where they are read often
  bfloat16,  ///< rounded to the upper half of a float: of 8 significant bits, in 2 bytes
  none,      ///< not at all: encoded anew at every reading
};

/// How the values of a column are spread; NaN where some are missing or not finite, or where the encoding is far from
/// one that standardises.
struct ColumnSpread {
  double mean;
  double deviation;
};

/// The encoded rows of one rank, as kernels want them: (n_tiles, n_columns, tile_rows). Inside a tile a column's values
/// lie side by side, so that both margins X w and gradients X^T r are sums of whole vectors. The last tile is padded
/// with zeros. T is float or double.
///
/// Fresh memory costs several times what encoding costs, and few passes are usual. So blocks of numbers are encoded
/// anew into a buffer that stays in the cache the first times that they are read, and kept from then on. Their bits are
/// the same. Passes over it must come one after another; inside one, different blocks may be read at once.
template <class T>
class DesignMatrix {
 public:
  /// Of all rows of `dataset`. Refers to `execution`. REQUIRES: T is float where the rows are bfloat16. Throws
  /// out_of_memory.
  DesignMatrix(const Dataset& dataset, const Encoder& encoder, const Execution& execution,
               RowStorage storage = RowStorage::computed);
  /// From rows that are encoded already: X: (n_rows, n_columns).
  explicit DesignMatrix(MatrixView<const double> X);

  std::size_t n_rows() const noexcept { return n_rows_; }
  std::size_t n_columns() const noexcept { return n_columns_; }
  RowStorage storage() const noexcept { return storage_; }
  /// A multiple of 128 bytes and a divisor of row_block, from n_columns only.
  std::size_t tile_rows() const noexcept { return tile_rows_; }
  std::size_t n_tiles() const noexcept { return (n_rows_ + tile_rows_ - 1) / tile_rows_; }
  /// All tiles. REQUIRES: made from rows that were encoded already.
  const T* tiles() const noexcept { return values_.data(); }

  /// A few tiles that lie in the second cache. `x` is there for the call only.
  struct Piece {
    const T* x;  ///< (tiles, n_columns, tile_rows)
    RowRange rows;
  };
  /// Calls f with one piece after another of the rows of a block: [block.begin, block.end) begins at a multiple of
  /// row_block and ends at the next or at n_rows. The pieces follow from n_columns and from whether some are of
  /// categories, and between them the limit of memory is kept. Throws out_of_memory.
  void read(RowRange block, FunctionRef<void(const Piece&)> f) const;

  /// Makes the first reading of each block measure the spreads. REQUIRES: none has been; all features are numbers.
  void measure();
  /// Of each column, over all rows of all ranks, after a pass over them; empty where it was not to measure them
  /// (collective).
  std::span<const ColumnSpread> spreads() const;

 private:
  struct Source {
    Dataset dataset;
    Encoder encoder;
    const Execution* execution;
    bool has_categories;
    std::uint8_t reads_before_kept;
  };

  DesignMatrix(std::size_t n_rows, std::size_t n_columns, Scratch* scratch, RowStorage storage);
  std::size_t piece_rows() const noexcept;
  std::size_t n_values(RowRange rows) const noexcept;  ///< padded to whole tiles
  /// Whether the block is kept, from now on where it was read often enough.
  bool is_kept(RowRange block) const;
  void keep(RowRange block) const;
  void for_pieces(RowRange block, FunctionRef<void(RowRange)> f) const;
  /// The tiles of `rows` in a buffer of this thread, as they are kept or would be.
  T* encoded(RowRange rows, std::span<ColumnSums> sums = {}) const;
  T* widened(RowRange rows) const;
  /// x: the tiles of `rows`, zeros before. sums: of each column, added to; may be empty.
  void encode(RowRange rows, T* x, std::span<ColumnSums> sums = {}) const;
  /// Where a block's are to go when it is read for the first time.
  std::span<ColumnSums> sums_to_take(RowRange block) const;
  /// Where the values of a feature begin that is encoded soon after this one, maybe for the rows after these; null
  /// where they are not stored as numbers.
  const double* wanted_after(RowRange rows, std::size_t feature) const;
  void encode_category(std::size_t column, std::span<const double> values, std::size_t n_categories,
                       bool missing_column, T* x) const;
  /// The tiles from `row` on. REQUIRES: it is the first of a tile.
  T* kept(std::size_t row) const { return values_.data() + row * n_columns_; }
  T& at(T* x, std::size_t row, std::size_t column) const {
    return x[(row / tile_rows_ * n_columns_ + column) * tile_rows_ + row % tile_rows_];
  }

  std::size_t n_rows_;
  std::size_t n_columns_;
  std::size_t tile_rows_;
  RowStorage storage_;
  std::optional<Source> source_;               ///< none: all is kept
  mutable ZeroedArray<T> values_;              ///< of the blocks that are kept
  mutable ZeroedArray<std::uint16_t> narrow_;  ///< the same in bfloat16
  mutable std::vector<std::uint8_t> n_reads_;  ///< of each block, until it is kept
  bool measures_ = false;
  mutable std::vector<ColumnSums> sums_;       ///< [block * n_columns + column], where they are measured
  mutable std::vector<ColumnSpread> spreads_;  ///< once they are known
};

}  // namespace thrum
