#include <algorithm>
#include <array>
#include <cmath>
#include <span>

#include "thrum/comm/row_blocks.h"
#include "thrum/learn/linear/design_matrix_internal.h"

namespace thrum {
namespace {

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

}  // namespace

template <class T>
DesignMatrix<T>::DesignMatrix(std::size_t n_rows, std::size_t n_columns, Scratch* scratch)
    : n_rows_(n_rows),
      n_columns_(n_columns),
      tile_rows_(rows_of_tile(n_columns, sizeof(T))),
      values_(round_up(n_rows, tile_rows_) * n_columns, scratch) {}

template <class T>
std::size_t DesignMatrix<T>::rows_at_once() const noexcept {
  constexpr std::size_t most_bytes = std::size_t{1} << 22;
  std::size_t rows = row_block;
  while (rows > tile_rows_ && rows * n_columns_ * sizeof(T) > most_bytes) rows /= 2;
  return rows;
}

template <class T>
DesignMatrix<T>::DesignMatrix(MatrixView<const double> X) : DesignMatrix(X.rows(), X.cols(), nullptr) {
  for (std::size_t i = 0; i < n_rows_; ++i) {
    for (std::size_t j = 0; j < n_columns_; ++j) at(i, j) = static_cast<T>(X(i, j));
  }
}

template <class T>
DesignMatrix<T>::DesignMatrix(const Dataset& dataset, const Encoder& encoder, const Execution& execution)
    : DesignMatrix(dataset.n_rows(), encoder.n_outputs(), execution.scratch) {
  const auto encode_block = [&](std::size_t begin, std::size_t end) {
    std::array<double, row_block> buffer;
    const std::span<double> values = std::span(buffer).first(end - begin);
    for (std::size_t j = 0; j < encoder.n_features(); ++j) {
      const std::size_t n_categories = encoder.n_categories(j);
      // So many numbers of a row share a page, and a category may touch one for each row.
      if (j % 32 == 0 || n_categories > 0) execution.keep_within_limit();
      dataset.reader().read_feature(j, dataset.first_row() + begin, values);
      const Encoder::FeatureEncoding& encoding = encoder.encodings()[j];
      if (n_categories == 0) {
        encode_number(encoder.first_output(j), begin, values, encoding);
      } else {
        encode_category(encoder.first_output(j), begin, values, n_categories, encoding.missing_column);
      }
    }
    execution.keep_within_limit();
  };
  parallel_for(*execution.arena, n_rows_, row_block, encode_block, execution.stop);
}

template <class T>
void DesignMatrix<T>::encode_number(std::size_t column, std::size_t begin, std::span<const double> values,
                                    const Encoder::FeatureEncoding& encoding) {
  for (std::size_t first = 0; first < values.size(); first += tile_rows_) {
    const std::size_t n = std::min(tile_rows_, values.size() - first);
    T* out = &at(begin + first, column);
    for (std::size_t i = 0; i < n; ++i) {
      const double x = values[first + i];
      out[i] = static_cast<T>(((std::isnan(x) ? encoding.fill : x) - encoding.mean) / encoding.scale);
    }
  }
}

template <class T>
void DesignMatrix<T>::encode_category(std::size_t column, std::size_t begin, std::span<const double> values,
                                      std::size_t n_categories, bool missing_column) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (std::isnan(values[i])) {
      if (missing_column) at(begin + i, column + n_categories) = T{1};
    } else if (const auto code = static_cast<std::size_t>(values[i]); code < n_categories) {
      at(begin + i, column + code) = T{1};
    }
  }
}

template class DesignMatrix<float>;
template class DesignMatrix<double>;

}  // namespace thrum
