#include "thrum/linalg/tensor_products.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "thrum/linalg/matrix_internal.h"

namespace thrum::linalg {
namespace {

/// Products of more operations than this are cut by themselves.
constexpr double large_product_flops = 0x1p26;
/// Less than this many operations is not worth a task.
constexpr double task_flops = 0x1p20;

template <class T>
std::string tensor_text(const char* name, TensorView<T> tensor) {
  return fmt::format("{} is ({}, {}, {})", name, tensor.size(), tensor.rows(), tensor.cols());
}

template <class T>
void check_shapes(TensorView<const T> A, TensorView<const T> B, TensorView<T> C, const GemmOptions& options) {
  const auto fits = [&](TensorView<const T> tensor, bool transposed, std::size_t rows, std::size_t cols) {
    return (tensor.size() == C.size() || tensor.size() == 1) && (transposed ? tensor.cols() : tensor.rows()) == rows &&
           (transposed ? tensor.rows() : tensor.cols()) == cols;
  };
  const std::size_t k = options.transpose_a ? A.rows() : A.cols();
  if (!fits(A, options.transpose_a, C.rows(), k) || !fits(B, options.transpose_b, k, C.cols())) {
    refuse_shapes("batched_gemm", fmt::format("{}{}, {}{}, {}: their products do not fit", tensor_text("A", A),
                                              options.transpose_a ? " transposed" : "", tensor_text("B", B),
                                              options.transpose_b ? " transposed" : "", tensor_text("C", C)));
  }
}

/// C[i] = alpha op(a(i)) op(b(i)) + beta C[i].
template <class T, class A, class B>
void multiply_each(Arena& arena, A a, B b, TensorView<T> C, std::size_t k, const GemmOptions& options) {
  const double flops = 2.0 * static_cast<double>(C.rows()) * static_cast<double>(C.cols()) * static_cast<double>(k);
  if (flops > large_product_flops) {
    for (std::size_t i = 0; i < C.size(); ++i) gemm(arena, a(i), b(i), C[i], options);
    return;
  }
  require_blas_buffers(arena);
  parallel_for(
      arena, C.size(), static_cast<std::size_t>(task_flops / std::max(flops, 1.0)) + 1,
      [&](std::size_t begin, std::size_t end) {
        Arena alone(1, Backend::sequential);
        for (std::size_t i = begin; i < end; ++i) gemm(alone, a(i), b(i), C[i], options);
      },
      options.stop);
}

template <class T>
void multiply_batch(Arena& arena, TensorView<const T> A, TensorView<const T> B, TensorView<T> C,
                    const GemmOptions& options) {
  check_shapes(A, B, C, options);
  const auto a = [&](std::size_t i) { return A[A.size() == 1 ? 0 : i]; };
  const auto b = [&](std::size_t i) { return B[B.size() == 1 ? 0 : i]; };
  multiply_each<T>(arena, a, b, C, options.transpose_a ? A.rows() : A.cols(), options);
}

template <class T>
void check_contraction(TensorView<const T> A, int axis, MatrixView<const T> B, TensorView<T> C) {
  if (axis < 0 || axis > 2) refuse_shapes("contract", fmt::format("axis is {}, expected 0, 1 or 2", axis));
  std::array<std::size_t, 3> shape = {A.size(), A.rows(), A.cols()};
  std::size_t& length = shape[static_cast<std::size_t>(axis)];
  const bool inner_fits = B.rows() == length;
  length = B.cols();
  if (!inner_fits || C.size() != shape[0] || C.rows() != shape[1] || C.cols() != shape[2]) {
    refuse_shapes("contract", fmt::format("{}, B is ({}, {}), {}: they do not fit over axis {}", tensor_text("A", A),
                                          B.rows(), B.cols(), tensor_text("C", C), axis));
  }
}

template <class T>
void contract_axis(Arena& arena, TensorView<const T> A, int axis, MatrixView<const T> B, TensorView<T> C,
                   const std::stop_token& stop) {
  check_contraction(A, axis, B, C);
  const GemmOptions transposed{.transpose_a = true, .stop = stop};
  if (axis == 0) {
    return gemm(arena, B, A.as_matrix(A.size(), A.rows() * A.cols()), C.as_matrix(C.size(), C.rows() * C.cols()),
                transposed);
  }
  if (axis == 1) {
    return multiply_each<T>(
        arena, [&](std::size_t) { return B; }, [&](std::size_t i) { return A[i]; }, C, B.rows(), transposed);
  }
  gemm(arena, A.as_matrix(A.size() * A.rows(), A.cols()), B, C.as_matrix(C.size() * C.rows(), C.cols()),
       {.stop = stop});
}

}  // namespace

void batched_gemm(Arena& arena, TensorView<const float> A, TensorView<const float> B, TensorView<float> C,
                  const GemmOptions& options) {
  multiply_batch(arena, A, B, C, options);
}

void batched_gemm(Arena& arena, TensorView<const double> A, TensorView<const double> B, TensorView<double> C,
                  const GemmOptions& options) {
  multiply_batch(arena, A, B, C, options);
}

void contract(Arena& arena, TensorView<const float> A, int axis, MatrixView<const float> B, TensorView<float> C,
              std::stop_token stop) {
  contract_axis(arena, A, axis, B, C, stop);
}

void contract(Arena& arena, TensorView<const double> A, int axis, MatrixView<const double> B, TensorView<double> C,
              std::stop_token stop) {
  contract_axis(arena, A, axis, B, C, stop);
}

}  // namespace thrum::linalg
