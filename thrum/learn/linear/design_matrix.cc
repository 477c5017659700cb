#include "thrum/learn/linear/design_matrix_internal.h"

#include <hwy/aligned_allocator.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <type_traits>

#include "thrum/core/assert.h"
#include "thrum/learn/linear/bfloat16_internal.h"
#include "thrum/learn/linear/standardize_internal.h"

namespace thrum {
namespace {

constexpr std::uint8_t kept_already = std::numeric_limits<std::uint8_t>::max();
constexpr std::uint8_t never = kept_already - 1;

/// As many rows as vectors of 512 bits in eight registers take, fewer where the tile would not stay in the second
/// cache.
std::size_t rows_of_tile(std::size_t n_columns, std::size_t element_size) {
  constexpr std::size_t largest_tile = 512 * 1024;
  std::size_t bytes = 512;
  while (bytes > 128 && bytes * n_columns > largest_tile) bytes /= 2;
  return bytes / element_size;
}

std::size_t round_up(std::size_t n, std::size_t multiple) {
  return (n + multiple - 1) / multiple * multiple;
}

bool has_categories(const Encoder& encoder) {
  for (std::size_t j = 0; j < encoder.n_features(); ++j) {
    if (encoder.n_categories(j) > 0) return true;
  }
  return false;
}

/// Up to then encoding costs less than memory that is written once, of which bfloat16 takes half or less. Categories,
/// which are looked up, are encoded once.
std::uint8_t reads_before_kept(const Encoder& encoder, RowStorage storage) {
  if (storage == RowStorage::none) return never;
  if (has_categories(encoder)) return 0;
  return storage == RowStorage::bfloat16 ? 6 : 12;
}

/// Room for `n` values, which a thread uses again and again.
template <class T>
T* thread_buffer(std::size_t n) {
  thread_local hwy::AlignedFreeUniquePtr<T[]> buffer;
  thread_local std::size_t size = 0;
  if (size < n) {
    buffer = hwy::AllocateAligned<T>(n);
    size = n;
  }
  return buffer.get();
}

ColumnSpread spread_of(double mean, double mean_square) {
  constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
  constexpr double most = 2;
  const double deviation = std::sqrt(mean_square - mean * mean);
  const bool standardizes = deviation > 1 / most && deviation < most && std::abs(mean) < most;
  return standardizes ? ColumnSpread{mean, deviation} : ColumnSpread{unknown, unknown};
}

}  // namespace

template <class T>
DesignMatrix<T>::DesignMatrix(std::size_t n_rows, std::size_t n_columns, Scratch* scratch, RowStorage storage)
    : n_rows_(n_rows),
      n_columns_(n_columns),
      tile_rows_(rows_of_tile(n_columns, sizeof(T))),
      storage_(storage),
      values_(storage == RowStorage::computed ? n_values({0, n_rows}) : 0, scratch),
      narrow_(storage == RowStorage::bfloat16 ? n_values({0, n_rows}) : 0, scratch),
      n_reads_((n_rows + row_block - 1) / row_block) {}

template <class T>
DesignMatrix<T>::DesignMatrix(MatrixView<const double> X)
    : DesignMatrix(X.rows(), X.cols(), nullptr, RowStorage::computed) {
  for (std::size_t i = 0; i < n_rows_; ++i) {
    for (std::size_t j = 0; j < n_columns_; ++j) at(values_.data(), i, j) = static_cast<T>(X(i, j));
  }
  std::ranges::fill(n_reads_, kept_already);
}

template <class T>
DesignMatrix<T>::DesignMatrix(const Dataset& dataset, const Encoder& encoder, const Execution& execution,
                              RowStorage storage)
    : DesignMatrix(dataset.n_rows(), encoder.n_outputs(), execution.scratch, storage) {
  THRUM_ASSERT(storage != RowStorage::bfloat16 || sizeof(T) == sizeof(float));
  source_.emplace(Source{dataset, encoder, &execution, has_categories(encoder), reads_before_kept(encoder, storage)});
}

/// As many as fit into a part of the second cache, but enough that what a kernel does once per piece does not count,
/// unless they took much memory. Of numbers fewer are enough where these fit: each pass encodes them anew.
template <class T>
std::size_t DesignMatrix<T>::piece_rows() const noexcept {
  constexpr std::size_t part_of_cache = 256 * 1024;
  const bool few_fit = 256 * n_columns_ * sizeof(T) <= part_of_cache;
  const std::size_t enough = few_fit && source_ && !source_->has_categories ? 256 : 512;
  const auto too_large = [&](std::size_t rows) {
    const std::size_t bytes = rows * n_columns_ * sizeof(T);
    return rows > enough ? bytes > part_of_cache : rows > tile_rows_ && bytes > 4 * 1024 * 1024;
  };
  std::size_t rows = row_block;
  while (too_large(rows)) rows /= 2;
  return rows;
}

template <class T>
std::size_t DesignMatrix<T>::n_values(RowRange rows) const noexcept {
  return round_up(rows.size(), tile_rows_) * n_columns_;
}

template <class T>
void DesignMatrix<T>::read(RowRange block, FunctionRef<void(const Piece&)> f) const {
  THRUM_ASSERT(block.begin % row_block == 0 && block.size() <= row_block);
  const std::span<ColumnSums> sums = sums_to_take(block);
  const bool stays = is_kept(block);
  for_pieces(block, [&](RowRange rows) {
    if (source_) source_->execution->keep_within_limit();
    if (!stays) return f({encoded(rows, sums), rows});
    f({storage_ == RowStorage::bfloat16 ? widened(rows) : kept(rows.begin), rows});
  });
}

template <class T>
void DesignMatrix<T>::measure() {
  THRUM_ASSERT(source_ && !source_->has_categories && source_->reads_before_kept > 0);
  measures_ = true;
  sums_.resize(n_reads_.size() * n_columns_);
}

template <class T>
std::span<ColumnSums> DesignMatrix<T>::sums_to_take(RowRange block) const {
  const std::size_t b = block.begin / row_block;
  if (!measures_ || n_reads_[b] > 0) return {};
  return std::span(sums_).subspan(b * n_columns_, n_columns_);
}

template <class T>
std::span<const ColumnSpread> DesignMatrix<T>::spreads() const {
  if (!measures_ || !spreads_.empty()) return spreads_;
  const std::vector<double> totals = sum_row_blocks(
      *source_->execution, n_rows_, 2 * n_columns_, [&](std::size_t begin, std::size_t, std::span<double> partial) {
        for (std::size_t j = 0; j < n_columns_; ++j) {
          const ColumnSums& sums = sums_[begin / row_block * n_columns_ + j];
          partial[2 * j] = sums.values;
          partial[2 * j + 1] = sums.squares;
        }
      });
  const auto n = static_cast<double>(source_->dataset.n_rows_of_all_ranks());
  for (std::size_t j = 0; j < n_columns_; ++j) spreads_.push_back(spread_of(totals[2 * j] / n, totals[2 * j + 1] / n));
  return spreads_;
}

template <class T>
void DesignMatrix<T>::for_pieces(RowRange block, FunctionRef<void(RowRange)> f) const {
  for (std::size_t begin = block.begin; begin < block.end; begin += piece_rows()) {
    f({begin, std::min(begin + piece_rows(), block.end)});
  }
}

template <class T>
bool DesignMatrix<T>::is_kept(RowRange block) const {
  std::uint8_t& n_reads = n_reads_[block.begin / row_block];
  if (n_reads == kept_already) return true;
  if (source_->reads_before_kept == never) return false;
  if (n_reads < source_->reads_before_kept) {
    ++n_reads;
    return false;
  }
  keep(block);
  n_reads = kept_already;
  return true;
}

/// Two columns take as long as memory does to answer; with more, the second cache would lose them again.
template <class T>
const double* DesignMatrix<T>::wanted_after(RowRange rows, std::size_t feature) const {
  const Dataset& dataset = source_->dataset;
  const std::size_t next = feature + 2, n_features = source_->encoder.n_features();
  const std::span<const double> values =
      dataset.reader().stored_feature(next % n_features, dataset.first_row() + rows.begin, rows.size());
  return next < n_features || values.empty() ? values.data() : values.data() + values.size();
}

template <class T>
void DesignMatrix<T>::keep(RowRange block) const {
  if (storage_ == RowStorage::computed) return encode(block, kept(block.begin));
  if constexpr (std::is_same_v<T, float>) {
    for_pieces(block, [&](RowRange rows) {
      narrow_to_bfloat16({encoded(rows), n_values(rows)}, narrow_.data() + rows.begin * n_columns_);
    });
  }
}

template <class T>
T* DesignMatrix<T>::encoded(RowRange rows, std::span<ColumnSums> sums) const {
  T* const x = thread_buffer<T>(n_values(rows));
  if (rows.size() % tile_rows_ != 0 || source_->has_categories) std::fill_n(x, n_values(rows), T{0});
  encode(rows, x, sums);
  if constexpr (std::is_same_v<T, float>) {
    if (storage_ == RowStorage::bfloat16) round_to_bfloat16({x, n_values(rows)});
  }
  return x;
}

template <class T>
T* DesignMatrix<T>::widened(RowRange rows) const {
  T* const x = thread_buffer<T>(n_values(rows));
  if constexpr (std::is_same_v<T, float>) {
    widen_bfloat16(narrow_.data() + rows.begin * n_columns_, {x, n_values(rows)});
  }
  return x;
}

template <class T>
void DesignMatrix<T>::encode(RowRange rows, T* x, std::span<ColumnSums> sums) const {
  const Dataset& dataset = source_->dataset;
  const Encoder& encoder = source_->encoder;
  std::array<double, row_block> buffer;
  for (std::size_t j = 0; j < encoder.n_features(); ++j) {
    const std::size_t column = encoder.first_output(j), n_categories = encoder.n_categories(j);
    // So many numbers of a row share a page, and a category may touch one for each row.
    if (j % 32 == 0 || n_categories > 0) source_->execution->keep_within_limit();
    const std::span<const double> values =
        dataset.reader().feature_values(j, dataset.first_row() + rows.begin, std::span(buffer).first(rows.size()));
    const Encoder::FeatureEncoding& encoding = encoder.encodings()[j];
    if (n_categories > 0) {
      encode_category(column, values, n_categories, encoding.missing_column, x);
    } else {
      standardize(values, encoding, TiledColumn<T>{x + column * tile_rows_, tile_rows_, tile_rows_ * n_columns_},
                  wanted_after(rows, j), sums.empty() ? nullptr : &sums[column]);
    }
  }
}

template <class T>
void DesignMatrix<T>::encode_category(std::size_t column, std::span<const double> values, std::size_t n_categories,
                                      bool missing_column, T* x) const {
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (std::isnan(values[i])) {
      if (missing_column) at(x, i, column + n_categories) = T{1};
    } else if (const auto code = static_cast<std::size_t>(values[i]); code < n_categories) {
      at(x, i, column + code) = T{1};
    }
  }
}

template class DesignMatrix<float>;
template class DesignMatrix<double>;

}  // namespace thrum
