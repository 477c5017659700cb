#include "thrum/linalg/symmetric_eigen.h"

#include <fmt/format.h>

#include <vector>

#include "thrum/core/assert.h"
#include "thrum/linalg/lapack_internal.h"

namespace thrum::linalg {
namespace {

template <class T>
void check_lower_triangle(MatrixView<const T> A) {
  for (std::size_t i = 0; i < A.rows(); ++i) {
    for (std::size_t j = 0; j <= i; ++j) {
      if (!std::isfinite(A(i, j))) refuse_element("symmetric_eigen", i, j, static_cast<double>(A(i, j)));
    }
  }
}

/// What is the lower triangle here is the upper one of LAPACK, and its columns of vectors are rows here.
template <class T>
void decompose(Arena& arena, MatrixView<T> A, std::span<T> values) {
  if (A.rows() != A.cols() || values.size() != A.rows()) {
    refuse_shapes("symmetric_eigen", fmt::format("A is ({}, {}) and there are {} values: expected A square and a value "
                                                 "for each of its rows",
                                                 A.rows(), A.cols(), values.size()));
  }
  if (A.rows() > largest_square) {
    refuse_shapes("symmetric_eigen",
                  fmt::format("A is ({}, {}), expected at most {} rows", A.rows(), A.cols(), largest_square));
  }
  check_blas_size("symmetric_eigen", A);
  check_lower_triangle<T>(A);
  if (A.rows() == 0) return;
  require_blas_buffers(arena);
  const int n = blas_int(A.rows()), stride = leading_dimension(A);
  std::vector<T> work(1 + 6 * A.rows() + 2 * A.rows() * A.rows() + 64 * A.rows());
  std::vector<int> integers(3 + 5 * A.rows());
  const int work_size = blas_int(work.size()), n_integers = blas_int(integers.size());
  int info = 0;
  blas().functions<T>().syevd("V", "U", &n, A.data(), &stride, values.data(), work.data(), &work_size, integers.data(),
                              &n_integers, &info, 1, 1);
  THRUM_ASSERT(info >= 0);
  check_converged("symmetric_eigen", "syevd", info);
  fix_signs(A, MatrixView<T>());
}

}  // namespace

void symmetric_eigen(Arena& arena, MatrixView<float> A, std::span<float> values) {
  decompose(arena, A, values);
}

void symmetric_eigen(Arena& arena, MatrixView<double> A, std::span<double> values) {
  decompose(arena, A, values);
}

}  // namespace thrum::linalg
