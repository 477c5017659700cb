#include "thrum/linalg/qr.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "thrum/core/assert.h"
#include "thrum/core/error.h"
#include "thrum/linalg/lapack_internal.h"

namespace thrum::linalg {
namespace {

/// Rows of a block: enough to be worth a task, and several times the columns, since all blocks' triangles are factored
/// again.
std::size_t rows_per_block(std::size_t cols) {
  constexpr std::size_t task_elements = std::size_t{1} << 16, times_cols = 8;
  return std::max(times_cols * cols, task_elements / cols);
}

/// Makes the diagonal of R non-negative.
template <class T>
void fix_diagonal(MatrixView<T> Q, MatrixView<T> R) {
  std::vector<T> signs(R.rows(), T(1));
  for (std::size_t i = 0; i < R.rows(); ++i) {
    if (R(i, i) >= 0) continue;
    signs[i] = T(-1);
    for (T& r : R.row(i).subspan(i)) r = -r;
  }
  for (std::size_t i = 0; i < Q.rows(); ++i) {
    for (std::size_t j = 0; j < Q.cols(); ++j) Q(i, j) *= signs[j];
  }
}

/// Factors in the calling thread. LAPACK sees the transpose of A, so its L is the transpose of R.
template <class T>
void factor_block(MatrixView<T> A, MatrixView<T> R) {
  const BlasFunctions<T>& functions = blas().functions<T>();
  const int n = blas_int(A.cols()), m = blas_int(A.rows()), stride = leading_dimension(A);
  constexpr std::size_t widest_panel = 64;  // of columns that LAPACK factors at a time
  std::vector<T> tau(A.cols()), work(widest_panel * A.cols());
  const int work_size = blas_int(work.size());
  int info = 0;
  functions.gelqf(&n, &m, A.data(), &stride, tau.data(), work.data(), &work_size, &info);
  THRUM_ASSERT(info == 0);
  for (std::size_t i = 0; i < R.rows(); ++i) {
    for (std::size_t j = 0; j < R.cols(); ++j) R(i, j) = j < i ? T(0) : A(i, j);
  }
  functions.orglq(&n, &m, &n, A.data(), &stride, tau.data(), work.data(), &work_size, &info);
  THRUM_ASSERT(info == 0);
  fix_diagonal(A, R);
}

/// A = A B in the calling thread, for a square B.
template <class T>
void multiply_in_place(MatrixView<T> A, MatrixView<const T> B) {
  const int m = blas_int(A.rows()), n = blas_int(A.cols());
  std::vector<T> copy(A.rows() * A.cols());
  for (std::size_t i = 0; i < A.rows(); ++i) std::ranges::copy(A.row(i), &copy[i * A.cols()]);
  blas().functions<T>().gemm(Order::row_major, Transpose::no, Transpose::no, m, n, n, T(1), copy.data(), n, B.data(),
                             leading_dimension(B), T(0), A.data(), leading_dimension(A));
}

template <class T>
void factor_blocks(Arena& arena, MatrixView<T> A, MatrixView<T> R, const std::stop_token& stop) {
  const std::size_t n = A.cols(), rows = rows_per_block(n), n_blocks = A.rows() / rows;
  if (n_blocks <= 1) return factor_block(A, R);
  const auto block = [&](std::size_t b) {
    return A.row_range(b * rows, b + 1 == n_blocks ? A.rows() : (b + 1) * rows);
  };
  std::vector<T> storage(n_blocks * n * n);
  const MatrixView<T> triangles(storage.data(), n_blocks * n, n);
  const auto triangle = [&](std::size_t b) { return triangles.row_range(b * n, (b + 1) * n); };
  arena.run(n_blocks, [&](std::size_t b) { factor_block(block(b), triangle(b)); }, stop);
  factor_blocks(arena, triangles, R, stop);
  arena.run(n_blocks, [&](std::size_t b) { multiply_in_place<T>(block(b), triangle(b)); }, stop);
}

template <class T>
void check_shapes(MatrixView<T> A, MatrixView<T> R) {
  if (A.rows() < A.cols()) {
    refuse_shapes("qr", fmt::format("A is ({}, {}), expected at least as many rows as columns", A.rows(), A.cols()));
  }
  if (R.rows() != A.cols() || R.cols() != A.cols()) {
    refuse_shapes("qr", fmt::format("A is ({}, {}), R is ({}, {}): expected ({}, {})", A.rows(), A.cols(), R.rows(),
                                    R.cols(), A.cols(), A.cols()));
  }
  check_blas_size("qr", A);
}

template <class T>
void factor(Arena& arena, MatrixView<T> A, MatrixView<T> R, const std::stop_token& stop) {
  check_shapes(A, R);
  check_finite<T>(arena, "qr", A, stop);
  if (A.cols() == 0) return;
  require_blas_buffers(arena);
  factor_blocks(arena, A, R, stop);
  for (std::size_t j = 0; j < R.cols(); ++j) {
    for (std::size_t i = 0; i <= j; ++i) {
      if (std::isfinite(R(i, j))) continue;
      throw Error(ErrorCode::invalid_argument, fmt::format("[qr] column {} of A is longer than any finite number", j),
                  "scale A down");
    }
  }
}

}  // namespace

void qr_factor(Arena& arena, MatrixView<float> A, MatrixView<float> R, std::stop_token stop) {
  factor(arena, A, R, stop);
}

void qr_factor(Arena& arena, MatrixView<double> A, MatrixView<double> R, std::stop_token stop) {
  factor(arena, A, R, stop);
}

}  // namespace thrum::linalg
