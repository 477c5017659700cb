#include "thrum/linalg/svd.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "thrum/comm/row_blocks.h"
#include "thrum/core/assert.h"
#include "thrum/linalg/gemm.h"
#include "thrum/linalg/lapack_internal.h"
#include "thrum/linalg/qr.h"
#include "thrum/linalg/transpose.h"

namespace thrum::linalg {
namespace {

template <class T>
void check_shapes(MatrixView<const T> A, MatrixView<T> U, std::span<T> s, MatrixView<T> Vt) {
  const std::size_t k = std::min(A.rows(), A.cols());
  if (U.rows() != A.rows() || U.cols() != k || s.size() != k || Vt.rows() != k || Vt.cols() != A.cols()) {
    refuse_shapes("svd", fmt::format("A is ({}, {}), U is ({}, {}), s has {} numbers, Vt is ({}, {}): expected "
                                     "({}, {}), {} and ({}, {})",
                                     A.rows(), A.cols(), U.rows(), U.cols(), s.size(), Vt.rows(), Vt.cols(), A.rows(),
                                     k, k, k, A.cols()));
  }
  if (k > largest_square) {
    refuse_shapes(
        "svd", fmt::format("A is ({}, {}), expected at most {} rows or columns", A.rows(), A.cols(), largest_square));
  }
  for (const MatrixView<const T> matrix : {A, MatrixView<const T>(U), MatrixView<const T>(Vt)}) {
    check_blas_size("svd", matrix);
  }
}

/// R = U diag(s) Vt for a square R, which is spoiled. LAPACK sees transposes: R^T = Vt^T diag(s) U^T.
template <class T>
void decompose_square(MatrixView<T> R, MatrixView<T> U, std::span<T> s, MatrixView<T> Vt) {
  const int n = blas_int(R.rows()), ldr = leading_dimension(R), ldu = leading_dimension(U),
            ldvt = leading_dimension(Vt);
  std::vector<int> integers(8 * R.rows());
  std::vector<T> work(4 * R.rows() * R.rows() + 71 * R.rows());  // what gesdd asks for, with room for panels of 64
  const int work_size = blas_int(work.size());
  int info = 0;
  blas().functions<T>().gesdd("S", &n, &n, R.data(), &ldr, s.data(), Vt.data(), &ldvt, U.data(), &ldu, work.data(),
                              &work_size, integers.data(), &info, 1);
  THRUM_ASSERT(info >= 0);
  check_converged("svd", "gesdd", info);
}

/// A matrix that owns its elements.
template <class T>
struct Square {
  explicit Square(std::size_t n) : data(n * n), view(data.data(), n, n) {}
  std::vector<T> data;
  MatrixView<T> view;
};

/// For m >= n: A = Q R, R = U_R diag(s) Vt, U = Q U_R.
template <class T>
void decompose_tall(Arena& arena, MatrixView<const T> A, MatrixView<T> U, std::span<T> s, MatrixView<T> Vt,
                    const std::stop_token& stop) {
  std::vector<T> copy(A.rows() * A.cols());
  const MatrixView<T> Q(copy.data(), A.rows(), A.cols());
  parallel_for(arena, A.rows(), row_block, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) std::ranges::copy(A.row(i), Q.row(i).begin());
  });
  Square<T> R(A.cols()), U_R(A.cols());
  qr_factor(arena, Q, R.view, stop);
  decompose_square(R.view, U_R.view, s, Vt);
  fix_signs(Vt, U_R.view);
  gemm(arena, Q, U_R.view, U, {.stop = stop});
}

/// For m < n: A^T = Q R, R = W diag(s) U^T, Vt = (Q W)^T.
template <class T>
void decompose_wide(Arena& arena, MatrixView<const T> A, MatrixView<T> U, std::span<T> s, MatrixView<T> Vt,
                    const std::stop_token& stop) {
  std::vector<T> copy(A.rows() * A.cols());
  const MatrixView<T> Q(copy.data(), A.cols(), A.rows());
  transpose(arena, A, Q, stop);
  Square<T> R(A.rows()), W(A.rows()), U_t(A.rows());
  qr_factor(arena, Q, R.view, stop);
  decompose_square(R.view, W.view, s, U_t.view);
  transpose(arena, U_t.view, U, stop);
  gemm(arena, W.view, Q, Vt, {.transpose_a = true, .transpose_b = true, .stop = stop});
  fix_signs(Vt, U);
}

template <class T>
void decompose(Arena& arena, MatrixView<const T> A, MatrixView<T> U, std::span<T> s, MatrixView<T> Vt,
               const std::stop_token& stop) {
  check_shapes(A, U, s, Vt);
  check_finite(arena, "svd", A, stop);
  if (s.empty()) return;
  if (A.rows() >= A.cols()) return decompose_tall(arena, A, U, s, Vt, stop);
  decompose_wide(arena, A, U, s, Vt, stop);
}

}  // namespace

void svd(Arena& arena, MatrixView<const float> A, MatrixView<float> U, std::span<float> s, MatrixView<float> Vt,
         std::stop_token stop) {
  decompose(arena, A, U, s, Vt, stop);
}

void svd(Arena& arena, MatrixView<const double> A, MatrixView<double> U, std::span<double> s, MatrixView<double> Vt,
         std::stop_token stop) {
  decompose(arena, A, U, s, Vt, stop);
}

}  // namespace thrum::linalg
