#include "thrum/linalg/syrk.h"

#include <fmt/format.h>

#include "thrum/linalg/product_internal.h"

namespace thrum::linalg {
namespace {

/// Copies what lies below the diagonal of C, at `tile`, to its place above.
template <class T>
void mirror(MatrixView<T> C, const Block& tile) {
  for (std::size_t i = tile.row_begin; i < tile.row_end; ++i) {
    for (std::size_t j = tile.col_begin; j < std::min(i, tile.col_end); ++j) C(j, i) = C(i, j);
  }
}

/// out = alpha a b^T + beta out, for the rows of op(A) that belong to a tile's rows and to its columns.
template <class T>
void multiply_tile(const Operand<T>& a, const Operand<T>& b, T alpha, T beta, MatrixView<T> out) {
  const BlasFunctions<T>& functions = blas().functions<T>();
  const int k = blas_int(a.cols());
  if (a.matrix.data() == b.matrix.data()) {
    functions.syrk(Order::row_major, Triangle::lower, a.flag(), blas_int(out.rows()), k, alpha, a.matrix.data(),
                   leading_dimension(a.matrix), beta, out.data(), leading_dimension(out));
    return mirror(out, {0, out.rows(), 0, out.cols()});
  }
  const Transpose transpose_b = b.transposed ? Transpose::no : Transpose::yes;
  functions.gemm(Order::row_major, a.flag(), transpose_b, blas_int(out.rows()), blas_int(out.cols()), k, alpha,
                 a.matrix.data(), leading_dimension(a.matrix), b.matrix.data(), leading_dimension(b.matrix), beta,
                 out.data(), leading_dimension(out));
}

template <class T>
void multiply_by_itself(Arena& arena, const Operand<T>& A, MatrixView<T> C, const SyrkOptions& options) {
  if (C.rows() != A.rows() || C.cols() != A.rows()) {
    refuse_shapes("syrk", fmt::format("{}: the product is ({}, {}), C is ({}, {})", shape_text("A", A), A.rows(),
                                      A.rows(), C.rows(), C.cols()));
  }
  check_blas_size("syrk", A.matrix);
  check_blas_size("syrk", C);
  const T alpha = static_cast<T>(options.alpha), beta = static_cast<T>(options.beta);
  if (C.rows() == 0) return;
  if (A.cols() == 0) {
    scale(C, beta);
    return mirror(C, {0, C.rows(), 0, C.cols()});
  }
  require_blas_buffers(arena);
  const ProductPlan plan = plan_symmetric_product(A.rows(), A.cols());
  run_product(arena, plan, beta, C, options.stop,
              [&](const Block& tile, std::size_t k_begin, std::size_t k_end, T tile_beta, MatrixView<T> out) {
                const Operand<T> a = A.part({tile.row_begin, tile.row_end, k_begin, k_end});
                const Operand<T> b = A.part({tile.col_begin, tile.col_end, k_begin, k_end});
                multiply_tile(a, b, alpha, tile_beta, out);
              });
  const std::vector<Block> tiles = plan.tiles();
  arena.run(tiles.size(), [&](std::size_t t) { mirror(C, tiles[t]); });
}

}  // namespace

void syrk(Arena& arena, MatrixView<const float> A, MatrixView<float> C, const SyrkOptions& options) {
  multiply_by_itself<float>(arena, {A, options.transpose}, C, options);
}

void syrk(Arena& arena, MatrixView<const double> A, MatrixView<double> C, const SyrkOptions& options) {
  multiply_by_itself<double>(arena, {A, options.transpose}, C, options);
}

}  // namespace thrum::linalg
