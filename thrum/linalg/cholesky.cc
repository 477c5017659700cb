#include "thrum/linalg/cholesky.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "thrum/linalg/matrix_internal.h"

namespace thrum::linalg {
namespace {

/// Right-hand sides that one task solves for.
constexpr std::size_t solve_columns = 64;

template <class T>
void check_square(std::string_view where, std::string_view name, MatrixView<T> A) {
  if (A.rows() != A.cols()) {
    refuse_shapes(where, fmt::format("{} is ({}, {}), expected it square", name, A.rows(), A.cols()));
  }
  check_blas_size(where, A);
}

/// Factors in the calling thread; the index of the first pivot that is no positive number.
template <class T>
std::optional<std::size_t> factor_block(MatrixView<T> A) {
  const int n = blas_int(A.rows()), stride = leading_dimension(A);
  int info = 0;
  blas().functions<T>().potrf("U", &n, A.data(), &stride, &info);
  const std::size_t sound = info > 0 ? static_cast<std::size_t>(info - 1) : A.rows();
  for (std::size_t i = 0; i < sound; ++i) {
    if (!(A(i, i) > 0 && std::isfinite(A(i, i)))) return i;  // potrf lets NaN and infinity pass
  }
  return info > 0 ? std::optional(sound) : std::nullopt;
}

/// The rows below a factored diagonal block: B = B L^-T.
template <class T>
void divide_rows(MatrixView<const T> L, MatrixView<T> B) {
  blas().functions<T>().trsm(Order::row_major, Side::right, Triangle::lower, Transpose::yes, Diagonal::any,
                             blas_int(B.rows()), blas_int(B.cols()), T(1), L.data(), leading_dimension(L), B.data(),
                             leading_dimension(B));
}

/// C -= a b^T; of a block on the diagonal only the lower triangle.
template <class T>
void subtract_product(MatrixView<const T> a, MatrixView<const T> b, MatrixView<T> C) {
  const BlasFunctions<T>& functions = blas().functions<T>();
  const int n = blas_int(C.rows()), k = blas_int(a.cols());
  if (a.data() == b.data()) {
    return functions.syrk(Order::row_major, Triangle::lower, Transpose::no, n, k, T(-1), a.data(), leading_dimension(a),
                          T(1), C.data(), leading_dimension(C));
  }
  functions.gemm(Order::row_major, Transpose::no, Transpose::yes, n, blas_int(C.cols()), k, T(-1), a.data(),
                 leading_dimension(a), b.data(), leading_dimension(b), T(1), C.data(), leading_dimension(C));
}

/// Consecutive rows, or columns.
struct Panel {
  std::size_t begin;
  std::size_t end;
};

/// The panels that make up [begin, n).
std::vector<Panel> panels(std::size_t begin, std::size_t n, std::size_t width) {
  std::vector<Panel> result;
  for (; begin < n; begin += width) result.push_back({begin, std::min(n, begin + width)});
  return result;
}

/// Columns that are factored at a time, and the edge of the tiles that are updated at once: wide ones make good use of
/// the kernels, many of them of the threads.
std::size_t panel_width(std::size_t n) {
  return std::clamp<std::size_t>(n / 128 * 16, 64, 256);
}

/// With the block on the diagonal at `columns` factored: divides the rows below it by it, and subtracts their product
/// from all that remains.
template <class T>
void update_remainder(Arena& arena, MatrixView<T> A, const Panel& columns, const std::stop_token& stop) {
  const std::vector<Panel> below = panels(columns.end, A.rows(), panel_width(A.rows()));
  const MatrixView<T> diagonal = block_of(A, {columns.begin, columns.end, columns.begin, columns.end});
  const auto rows = [&](const Panel& p) { return block_of(A, {p.begin, p.end, columns.begin, columns.end}); };
  arena.run(below.size(), [&](std::size_t i) { divide_rows<T>(diagonal, rows(below[i])); }, stop);

  std::vector<std::pair<Panel, Panel>> tiles;
  for (std::size_t i = 0; i < below.size(); ++i) {
    for (std::size_t j = 0; j <= i; ++j) tiles.emplace_back(below[i], below[j]);
  }
  arena.run(
      tiles.size(),
      [&](std::size_t t) {
        const auto& [p, q] = tiles[t];
        subtract_product<T>(rows(p), rows(q), block_of(A, {p.begin, p.end, q.begin, q.end}));
      },
      stop);
}

template <class T>
std::optional<std::size_t> factor(Arena& arena, MatrixView<T> A, const std::stop_token& stop) {
  check_square("cholesky_factor", "A", A);
  require_blas_buffers(arena);
  for (const Panel& columns : panels(0, A.rows(), panel_width(A.rows()))) {
    const auto pivot = factor_block(block_of(A, {columns.begin, columns.end, columns.begin, columns.end}));
    if (pivot) return columns.begin + *pivot;
    update_remainder(arena, A, columns, stop);
  }
  return std::nullopt;
}

template <class T>
void solve(Arena& arena, MatrixView<const T> L, MatrixView<T> B) {
  check_square("cholesky_solve", "L", L);
  if (B.rows() != L.rows()) {
    refuse_shapes("cholesky_solve", fmt::format("L is ({}, {}), B is ({}, {}): the numbers of rows differ", L.rows(),
                                                L.cols(), B.rows(), B.cols()));
  }
  check_blas_size("cholesky_solve", B);
  if (B.rows() == 0) return;
  require_blas_buffers(arena);
  const BlasFunctions<T>& functions = blas().functions<T>();
  parallel_for(arena, B.cols(), solve_columns, [&](std::size_t begin, std::size_t end) {
    const MatrixView<T> part = block_of(B, {0, B.rows(), begin, end});
    for (const Transpose transpose : {Transpose::no, Transpose::yes}) {
      functions.trsm(Order::row_major, Side::left, Triangle::lower, transpose, Diagonal::any, blas_int(part.rows()),
                     blas_int(part.cols()), T(1), L.data(), leading_dimension(L), part.data(), leading_dimension(part));
    }
  });
}

}  // namespace

std::optional<std::size_t> cholesky_factor(Arena& arena, MatrixView<float> A, std::stop_token stop) {
  return factor(arena, A, stop);
}

std::optional<std::size_t> cholesky_factor(Arena& arena, MatrixView<double> A, std::stop_token stop) {
  return factor(arena, A, stop);
}

void cholesky_solve(Arena& arena, MatrixView<const float> L, MatrixView<float> B) {
  solve(arena, L, B);
}

void cholesky_solve(Arena& arena, MatrixView<const double> L, MatrixView<double> B) {
  solve(arena, L, B);
}

}  // namespace thrum::linalg
