#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "thrum/comm/execution.h"
#include "thrum/data/dataset.h"

namespace thrum {

/// How the values of one feature become small whole numbers. Bin 0 is for missing values and, of a category feature,
/// for unknown categories and those too rare for a bin of their own.
struct BinMap {
  FeatureType type = FeatureType::number;
  /// Of a number: bin b >= 1 holds the values x with upper[b - 2] < x <= upper[b - 1]; ascending, the last is +inf.
  /// The others lie between two values of the training rows and are floats wherever a float lies there, so that a
  /// split "bin <= b" is the same as x <= upper[b - 1] for raw values.
  std::vector<double> upper = {};
  std::vector<std::int32_t> categories = {};  ///< of a category feature: bin b >= 1 holds the code categories[b - 1]
  bool has_missing = false;                   ///< whether a training row is in bin 0

  std::size_t n_bins() const noexcept { return 1 + (type == FeatureType::number ? upper.size() : categories.size()); }
  std::size_t bin(double value) const noexcept;
};

/// A feature with at least two occupied bins, and where its bins are stored.
struct BinnedFeature {
  std::size_t feature = 0;  ///< index in the schema
  std::size_t column = 0;
  /// In a column that several features share (at most one of which has another than its most frequent bin in any row):
  /// bin b of this feature is stored as first_bin + b, its most frequent bin as anything outside of
  /// [first_bin, first_bin + n_bins). In a column of its own first_bin is 0 and every bin is stored.
  std::size_t first_bin = 0;
  std::size_t most_frequent_bin = 0;
  bool is_bundled = false;
  BinMap map;
};

/// The features of one rank's rows as bins of one byte, in tiles of 32 columns: what trees learn from. Immutable.
class BinnedTable {
 public:
  struct Options {
    std::size_t max_bins = 255;         ///< of a feature, without bin 0; at most 255
    std::size_t sample_rows = 200'000;  ///< from how many rows the bins' bounds are chosen
    std::size_t min_rows_in_bin = 3;    ///< of the sample
    bool bundle = true;                 ///< let features that exclude each other share a column
  };

  static constexpr std::size_t tile_width = 32;

  /// The same bins for any number of threads and ranks (collective). Rows of `row_mask` 0 (empty: none) have bins too,
  /// but no say in their bounds. Throws cancelled.
  static BinnedTable build(const Dataset& dataset, std::span<const std::uint8_t> row_mask, const Options& options,
                           const Execution& execution);
  /// Other rows in the bins of this table, such as those of a validation set. REQUIRES: the same schema.
  BinnedTable rebuild(const Dataset& dataset, const Execution& execution) const;

  std::size_t n_rows() const noexcept { return n_rows_; }  ///< of this rank
  std::size_t n_columns() const noexcept { return n_columns_; }
  std::size_t n_tiles() const noexcept { return (n_columns_ + tile_width - 1) / tile_width; }
  std::span<const BinnedFeature> features() const noexcept { return features_; }
  /// The number of different bytes in a column: the bins of its features together.
  std::size_t n_bins(std::size_t column) const { return column_bins_[column]; }

  /// (n_rows, tile_width) row-major, at a multiple of 64 bytes and followed by 64 readable bytes: column c is byte
  /// c % tile_width of a row of tile c / tile_width. Bytes beyond the last column are 0.
  const std::uint8_t* tile(std::size_t index) const noexcept;
  const std::uint8_t* column(std::size_t c) const noexcept { return tile(c / tile_width) + c % tile_width; }

 private:
  std::size_t n_rows_ = 0;
  std::size_t n_columns_ = 0;
  std::vector<BinnedFeature> features_;
  std::vector<std::size_t> column_bins_;
};

}  // namespace thrum
