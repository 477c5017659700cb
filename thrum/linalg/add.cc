#include "thrum/linalg/add.h"

#include <fmt/format.h>
#include <hwy/cache_control.h>

#include <algorithm>
#include <utility>

#include "thrum/linalg/add_kernel_internal.h"
#include "thrum/linalg/matrix_internal.h"

namespace thrum::linalg {
namespace {

/// A task's share of the result: enough to hide what a task costs.
constexpr std::size_t task_bytes = std::size_t{1} << 18;
/// Results that are larger would push what else is in the caches out of them.
constexpr std::size_t cached_bytes = std::size_t{1} << 22;

template <class T>
void add_matrices(Arena& arena, MatrixView<const T> A, MatrixView<const T> B, MatrixView<T> C, std::stop_token stop) {
  const std::size_t m = C.rows(), n = C.cols();
  if (A.rows() != m || B.rows() != m || A.cols() != n || B.cols() != n) {
    refuse_shapes("add", fmt::format("A is ({}, {}), B is ({}, {}), C is ({}, {}): expected equal shapes", A.rows(),
                                     A.cols(), B.rows(), B.cols(), m, n));
  }
  const bool in_place = C.data() == A.data() || C.data() == B.data();
  const bool past_caches = !in_place && m * n * sizeof(T) > cached_bytes;
  const std::size_t task_rows = std::max<std::size_t>(1, task_bytes / std::max<std::size_t>(1, n * sizeof(T)));
  parallel_for(
      arena, m, task_rows,
      [&](std::size_t begin, std::size_t end) {
        for (std::size_t i = begin; i < end; ++i) add_row(&A(i, 0), &B(i, 0), &C(i, 0), n, past_caches);
        if (past_caches) hwy::FlushStream();
      },
      std::move(stop));
}

}  // namespace

void add(Arena& arena, MatrixView<const float> A, MatrixView<const float> B, MatrixView<float> C,
         std::stop_token stop) {
  add_matrices(arena, A, B, C, std::move(stop));
}

void add(Arena& arena, MatrixView<const double> A, MatrixView<const double> B, MatrixView<double> C,
         std::stop_token stop) {
  add_matrices(arena, A, B, C, std::move(stop));
}

}  // namespace thrum::linalg
