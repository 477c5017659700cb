#include "thrum/linalg/gemm.h"

#include <fmt/format.h>

#include "thrum/linalg/packed_product_internal.h"
#include "thrum/linalg/product_internal.h"

namespace thrum::linalg {
namespace {

template <class T>
void check_shapes(const Operand<T>& A, const Operand<T>& B, MatrixView<T> C) {
  if (A.cols() != B.rows()) {
    refuse_shapes("gemm", fmt::format("{}, {}: the inner dimensions differ", shape_text("A", A), shape_text("B", B)));
  }
  if (C.rows() != A.rows() || C.cols() != B.cols()) {
    refuse_shapes("gemm",
                  fmt::format("the product is ({}, {}), C is ({}, {})", A.rows(), B.cols(), C.rows(), C.cols()));
  }
  check_blas_size("gemm", A.matrix);
  check_blas_size("gemm", B.matrix);
  check_blas_size("gemm", C);
}

template <class T>
void multiply(Arena& arena, const Operand<T>& A, const Operand<T>& B, MatrixView<T> C, const GemmOptions& options) {
  check_shapes(A, B, C);
  const T alpha = static_cast<T>(options.alpha), beta = static_cast<T>(options.beta);
  if (C.rows() == 0 || C.cols() == 0) return;
  if (A.cols() == 0) return scale(C, beta);
  if (alpha != 0 && packs_product<T>(C.rows(), C.cols(), A.cols())) {
    return run_packed_product(arena, A, B, alpha, beta, C, options.stop);
  }
  require_blas_buffers(arena);
  const BlasFunctions<T>& functions = blas().functions<T>();
  const auto part = [&](const Block& tile, std::size_t k_begin, std::size_t k_end, T tile_beta, MatrixView<T> out) {
    const Operand<T> a = A.part({tile.row_begin, tile.row_end, k_begin, k_end});
    const Operand<T> b = B.part({k_begin, k_end, tile.col_begin, tile.col_end});
    functions.gemm(Order::row_major, a.flag(), b.flag(), blas_int(tile.rows()), blas_int(tile.cols()),
                   blas_int(k_end - k_begin), alpha, a.matrix.data(), leading_dimension(a.matrix), b.matrix.data(),
                   leading_dimension(b.matrix), tile_beta, out.data(), leading_dimension(out));
  };
  run_product(arena, plan_product(C.rows(), C.cols(), A.cols()), beta, C, options.stop, part);
}

}  // namespace

void gemm(Arena& arena, MatrixView<const float> A, MatrixView<const float> B, MatrixView<float> C,
          const GemmOptions& options) {
  multiply<float>(arena, {A, options.transpose_a}, {B, options.transpose_b}, C, options);
}

void gemm(Arena& arena, MatrixView<const double> A, MatrixView<const double> B, MatrixView<double> C,
          const GemmOptions& options) {
  multiply<double>(arena, {A, options.transpose_a}, {B, options.transpose_b}, C, options);
}

}  // namespace thrum::linalg
