#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "thrum/comm/execution.h"
#include "thrum/data/bin_map.h"
#include "thrum/data/dataset.h"

namespace thrum {

/// A feature with at least two occupied bins, and where its bins are stored.
struct BinnedFeature {
  std::size_t feature = 0;  ///< index in the schema
  std::size_t column = 0;
  /// In a column that several features share (at most one of which has another than its most frequent bin in any row):
  /// bin b of this feature is stored as first_bin + b, its most frequent bin as anything outside of
  /// [first_bin, first_bin + n_bins). In a column of its own first_bin is 0 and every bin is stored.
  std::size_t first_bin = 0;
  std::size_t most_frequent_bin = 0;  ///< of the sample
  bool is_bundled = false;
  BinMap map;
};

/// The features of one rank's rows as bins of one byte, in tiles of 32 columns: what trees learn from. Immutable;
/// copies share the tiles.
class BinnedTable {
 public:
  struct Options {
    std::size_t max_bins = 255;         ///< of a feature, without bin 0; 1 to 255
    std::size_t sample_rows = 200'000;  ///< from how many rows, about, the bins' bounds are chosen
    std::size_t min_rows_in_bin = 3;    ///< of the sample, where a feature has more values than bins
    bool bundle = true;                 ///< let features that exclude each other share a column
  };

  static constexpr std::size_t tile_width = 32;

  /// The same bins for any number of threads and ranks (collective). Rows of `row_mask` 0 (empty: none) and of weight 0
  /// have bins too, but no say in their bounds. Throws cancelled.
  static BinnedTable build(const Dataset& dataset, std::span<const std::uint8_t> row_mask, const Options& options,
                           const Execution& execution);
  /// Other rows in the bins of this table, such as those of a validation set: the same features in the same order, but
  /// those that do not exclude each other in these rows have columns of their own. REQUIRES: the same schema. Throws
  /// cancelled.
  BinnedTable rebuild(const Dataset& dataset, const Execution& execution) const;

  std::size_t n_rows() const noexcept { return n_rows_; }  ///< of this rank
  std::size_t n_columns() const noexcept { return column_bins_.size(); }
  std::size_t n_tiles() const noexcept { return (n_columns() + tile_width - 1) / tile_width; }
  /// In the order of the schema. A feature that is not here is the same in all training rows.
  std::span<const BinnedFeature> features() const noexcept { return features_; }
  /// The number of different bytes in a column: the bins of its features together.
  std::size_t n_bins(std::size_t column) const { return column_bins_[column]; }

  /// (n_rows, tile_width) row-major, at a multiple of 64 bytes and followed by 64 readable bytes: column c is byte
  /// c % tile_width of a row of tile c / tile_width. Bytes beyond the last column are 0.
  const std::uint8_t* tile(std::size_t index) const noexcept { return tiles_.get() + index * tile_stride(n_rows_); }
  const std::uint8_t* column(std::size_t c) const noexcept { return tile(c / tile_width) + c % tile_width; }
  /// The bytes from one tile to the next: its rows and the readable bytes, a multiple of 64.
  static constexpr std::size_t tile_stride(std::size_t n_rows) noexcept {
    return (n_rows * tile_width + 63) / 64 * 64 + 64;
  }

 private:
  friend class BinnedTableFile;

  /// For each of features_, 1 where a row is
  struct Seen {
    std::vector<std::uint8_t> in_bin_0;   // has a say and is in bin 0
    std::vector<std::uint8_t> colliding;  // in another than the most frequent bin, as an earlier one of the column is
  };
  /// Allots the tiles and writes the bins of all rows; of features that collide only the earlier one's. `others`: for
  /// some features, one bit per row: which are in the one bin that is not the most frequent, where no row is in bin 0.
  Seen fill(const Dataset& dataset, std::span<const std::uint8_t> has_say,
            std::span<const std::vector<std::uint64_t>> others, const Execution& execution);
  /// Fills again with colliding features in columns of their own, where there are any.
  void take_apart(std::span<const std::uint8_t> colliding, const Dataset& dataset, const Execution& execution);

  std::size_t n_rows_ = 0;
  std::vector<BinnedFeature> features_;
  std::vector<std::size_t> column_bins_;
  std::shared_ptr<const std::uint8_t> tiles_;
};

}  // namespace thrum
