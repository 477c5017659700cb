#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "thrum/core/view.h"
#include "thrum/linalg/blas_internal.h"

namespace thrum::linalg {

/// Half-open ranges of rows and columns.
struct Block {
  std::size_t row_begin = 0;
  std::size_t row_end = 0;
  std::size_t col_begin = 0;
  std::size_t col_end = 0;
  std::size_t rows() const { return row_end - row_begin; }
  std::size_t cols() const { return col_end - col_begin; }
};

template <class T>
MatrixView<T> block_of(MatrixView<T> matrix, const Block& block) {
  return {matrix.data() + block.row_begin * matrix.stride() + block.col_begin, block.rows(), block.cols(),
          matrix.stride()};
}

/// A matrix or its transpose, as an operand.
template <class T>
struct Operand {
  MatrixView<const T> matrix;
  bool transposed = false;

  std::size_t rows() const { return transposed ? matrix.cols() : matrix.rows(); }
  std::size_t cols() const { return transposed ? matrix.rows() : matrix.cols(); }
  /// The part of op(matrix) at `block`, whose indices are those of op(matrix).
  Operand part(const Block& b) const {
    if (!transposed) return {block_of(matrix, b), false};
    return {block_of(matrix, Block{b.col_begin, b.col_end, b.row_begin, b.row_end}), true};
  }
  Transpose flag() const { return transposed ? Transpose::yes : Transpose::no; }
};

/// "A is (3, 4)" or, transposed, "A^T is (4, 3)".
template <class T>
std::string shape_text(std::string_view name, const Operand<T>& operand) {
  return std::string(name) + (operand.transposed ? "^T is (" : " is (") + std::to_string(operand.rows()) + ", " +
         std::to_string(operand.cols()) + ")";
}

[[noreturn]] void refuse_shapes(std::string_view where, const std::string& what);

/// BLAS counts in 32 bits: refuses shapes and strides beyond. Throws invalid_argument naming `where`.
void check_blas_size(std::string_view where, std::size_t rows, std::size_t cols, std::size_t stride);

template <class T>
void check_blas_size(std::string_view where, MatrixView<T> matrix) {
  check_blas_size(where, matrix.rows(), matrix.cols(), matrix.stride());
}

/// For arguments that have been checked.
inline int blas_int(std::size_t n) {
  return static_cast<int>(n);
}
/// BLAS wants a leading dimension of at least one even for empty matrices.
template <class T>
int leading_dimension(MatrixView<T> matrix) {
  return blas_int(matrix.stride() == 0 ? 1 : matrix.stride());
}

}  // namespace thrum::linalg
