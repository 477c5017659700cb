#include "thrum/linalg/gemv.h"

#include <fmt/format.h>

#include <algorithm>

#include "thrum/linalg/product_internal.h"

namespace thrum::linalg {
namespace {

/// Elements of A that one task reads: enough to hide its start.
constexpr std::size_t task_elements = std::size_t{1} << 16;
/// Blocks of rows that a transposed product is cut into: bounds the memory of their partial results.
constexpr std::size_t most_row_blocks = 64;

std::size_t rows_per_task(std::size_t cols) {
  return task_elements / std::max<std::size_t>(cols, 1) + 1;
}

/// y = alpha op(A) x + beta y in the calling thread.
template <class T>
void multiply(const Operand<T>& A, T alpha, const T* x, T beta, T* y) {
  blas().functions<T>().gemv(Order::row_major, A.flag(), blas_int(A.matrix.rows()), blas_int(A.matrix.cols()), alpha,
                             A.matrix.data(), leading_dimension(A.matrix), x, 1, beta, y, 1);
}

template <class T>
void multiply_rows(Arena& arena, MatrixView<const T> A, const T* x, T* y, const GemvOptions& options) {
  parallel_for(
      arena, A.rows(), rows_per_task(A.cols()),
      [&](std::size_t begin, std::size_t end) {
        multiply<T>({A.row_range(begin, end)}, static_cast<T>(options.alpha), x, static_cast<T>(options.beta),
                    y + begin);
      },
      options.stop);
}

/// Every block of rows of A contributes to the whole of y.
template <class T>
void multiply_transposed(Arena& arena, MatrixView<const T> A, const T* x, MatrixView<T> y, const GemvOptions& options) {
  const std::size_t rows = std::max(rows_per_task(A.cols()), A.rows() / most_row_blocks + 1);
  const std::size_t n_blocks = A.rows() / rows + (A.rows() % rows != 0);
  std::vector<T> storage(n_blocks * A.cols());
  const auto partials = consecutive_matrices(storage.data(), n_blocks, 1, A.cols());
  parallel_for(
      arena, A.rows(), rows,
      [&](std::size_t begin, std::size_t end) {
        multiply<T>({A.row_range(begin, end), true}, static_cast<T>(options.alpha), x + begin, T(0),
                    partials[begin / rows].data());
      },
      options.stop);
  add_partials<T>(partials, {0, 1, 0, A.cols()}, static_cast<T>(options.beta), y);
}

template <class T>
void multiply_vector(Arena& arena, MatrixView<const T> A, std::span<const T> x, std::span<T> y,
                     const GemvOptions& options) {
  const Operand<T> op{A, options.transpose};
  if (x.size() != op.cols() || y.size() != op.rows()) {
    refuse_shapes("gemv", fmt::format("{}, x has {} numbers and y {}: expected {} and {}", shape_text("A", op),
                                      x.size(), y.size(), op.cols(), op.rows()));
  }
  check_blas_size("gemv", A);
  if (y.empty()) return;
  require_blas_buffers(arena);
  const MatrixView<T> result(y.data(), 1, y.size());
  if (x.empty()) return scale(result, static_cast<T>(options.beta));
  if (options.beta == 0) std::ranges::fill(y, T(0));  // gemv's own zero times NaN may be NaN
  if (options.transpose) return multiply_transposed(arena, A, x.data(), result, options);
  multiply_rows(arena, A, x.data(), y.data(), options);
}

}  // namespace

void gemv(Arena& arena, MatrixView<const float> A, std::span<const float> x, std::span<float> y,
          const GemvOptions& options) {
  multiply_vector(arena, A, x, y, options);
}

void gemv(Arena& arena, MatrixView<const double> A, std::span<const double> x, std::span<double> y,
          const GemvOptions& options) {
  multiply_vector(arena, A, x, y, options);
}

}  // namespace thrum::linalg
