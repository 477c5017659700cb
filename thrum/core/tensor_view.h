#pragma once

#include <cstddef>

#include "thrum/core/view.h"

namespace thrum {

/// A non-owning tensor of three axes without gaps: element (i, j, l) lies at data[(i * rows + j) * cols + l]. So it is
/// `size` matrices (rows, cols), one behind the other.
template <class T>
class TensorView {
 public:
  TensorView() = default;
  TensorView(T* data, std::size_t size, std::size_t rows, std::size_t cols)
      : data_(data), size_(size), rows_(rows), cols_(cols) {}
  /// A view that may write converts to one that may not.
  template <class U>
    requires(std::is_same_v<T, const U>)
  TensorView(const TensorView<U>& other)  // NOLINT(google-explicit-constructor)
      : TensorView(other.data(), other.size(), other.rows(), other.cols()) {}

  T* data() const { return data_; }
  std::size_t size() const { return size_; }
  std::size_t rows() const { return rows_; }
  std::size_t cols() const { return cols_; }

  T& operator()(std::size_t i, std::size_t j, std::size_t l) const { return data_[(i * rows_ + j) * cols_ + l]; }
  MatrixView<T> operator[](std::size_t i) const { return {data_ + i * rows_ * cols_, rows_, cols_}; }
  /// The same elements as one matrix, (rows, cols) of another shape. REQUIRES: as many elements.
  MatrixView<T> as_matrix(std::size_t rows, std::size_t cols) const {
    THRUM_ASSERT(rows * cols == size_ * rows_ * cols_);
    return {data_, rows, cols};
  }

 private:
  T* data_ = nullptr;
  std::size_t size_ = 0;
  std::size_t rows_ = 0;
  std::size_t cols_ = 0;
};

}  // namespace thrum
