#include "thrum/linalg/transpose.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "thrum/linalg/matrix_internal.h"

namespace thrum::linalg {
namespace {

constexpr std::size_t edge = 32;  // of a tile: a row of it is whole lines of the cache

/// By way of a tile that is aligned to no power of two: rows of A and of B may all fall on the same few cache lines.
template <class T>
void transpose_tile(MatrixView<const T> A, MatrixView<T> B) {
  std::array<T, edge*(edge + 1)> tile;
  for (std::size_t i = 0; i < A.rows(); ++i) {
    for (std::size_t j = 0; j < A.cols(); ++j) tile[j * (edge + 1) + i] = A(i, j);
  }
  for (std::size_t j = 0; j < B.rows(); ++j) std::copy_n(&tile[j * (edge + 1)], B.cols(), &B(j, 0));
}

template <class T>
void transpose_rows(MatrixView<const T> A, MatrixView<T> B, std::size_t begin, std::size_t end) {
  for (std::size_t j = 0; j < A.cols(); j += edge) {
    const std::size_t j_end = std::min(A.cols(), j + edge);
    transpose_tile(block_of(A, {begin, end, j, j_end}), block_of(B, {j, j_end, begin, end}));
  }
}

template <class T>
void transpose_matrix(Arena& arena, MatrixView<const T> A, MatrixView<T> B, const std::stop_token& stop) {
  if (A.rows() != B.cols() || A.cols() != B.rows()) {
    refuse_shapes("transpose", fmt::format("A is ({}, {}), B is ({}, {}): expected ({}, {})", A.rows(), A.cols(),
                                           B.rows(), B.cols(), A.cols(), A.rows()));
  }
  if (B.rows() == 0) return;
  constexpr std::size_t task_elements = std::size_t{1} << 16;
  const std::size_t rows = (task_elements / (A.cols() * edge) + 1) * edge;
  parallel_for(
      arena, A.rows(), rows,
      [&](std::size_t begin, std::size_t end) {
        for (std::size_t i = begin; i < end; i += edge) transpose_rows(A, B, i, std::min(end, i + edge));
      },
      stop);
}

}  // namespace

void transpose(Arena& arena, MatrixView<const float> A, MatrixView<float> B, std::stop_token stop) {
  transpose_matrix(arena, A, B, stop);
}

void transpose(Arena& arena, MatrixView<const double> A, MatrixView<double> B, std::stop_token stop) {
  transpose_matrix(arena, A, B, stop);
}

}  // namespace thrum::linalg
