#pragma once

#include <cstddef>
#include <span>
#include <type_traits>

#include "thrum/core/assert.h"

namespace thrum {

/// A non-owning row-major matrix: element (i, j) lies at data[i * stride + j]. Vectors are std::span.
template <class T>
class MatrixView {
 public:
  MatrixView() = default;
  MatrixView(T* data, std::size_t rows, std::size_t cols) : MatrixView(data, rows, cols, cols) {}
  /// REQUIRES: stride >= cols.
  MatrixView(T* data, std::size_t rows, std::size_t cols, std::size_t stride)
      : data_(data), rows_(rows), cols_(cols), stride_(stride) {
    THRUM_ASSERT(stride >= cols);
  }
  /// A view that may write converts to one that may not.
  template <class U>
    requires(std::is_same_v<T, const U>)
  MatrixView(const MatrixView<U>& other)  // NOLINT(google-explicit-constructor)
      : MatrixView(other.data(), other.rows(), other.cols(), other.stride()) {}

  T* data() const { return data_; }
  std::size_t rows() const { return rows_; }
  std::size_t cols() const { return cols_; }
  std::size_t stride() const { return stride_; }

  T& operator()(std::size_t i, std::size_t j) const { return data_[i * stride_ + j]; }
  std::span<T> row(std::size_t i) const { return {data_ + i * stride_, cols_}; }
  /// Rows [begin, end).
  MatrixView row_range(std::size_t begin, std::size_t end) const {
    return {data_ + begin * stride_, end - begin, cols_, stride_};
  }

 private:
  T* data_ = nullptr;
  std::size_t rows_ = 0;
  std::size_t cols_ = 0;
  std::size_t stride_ = 0;
};

}  // namespace thrum
