#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <stop_token>
#include <string_view>

#include "thrum/core/view.h"
#include "thrum/linalg/matrix_internal.h"
#include "thrum/runtime/parallel.h"

namespace thrum::linalg {

[[noreturn]] void refuse_element(std::string_view where, std::size_t i, std::size_t j, double value);

/// LAPACK may loop or answer at random where a number is NaN or infinite: throws invalid_argument naming the first such
/// element of A.
template <class T>
void check_finite(Arena& arena, std::string_view where, MatrixView<const T> A, const std::stop_token& stop = {}) {
  constexpr std::size_t task_elements = std::size_t{1} << 16;
  parallel_for(
      arena, A.rows(), task_elements / std::max<std::size_t>(A.cols(), 1) + 1,
      [&](std::size_t begin, std::size_t end) {
        for (std::size_t i = begin; i < end; ++i) {
          bool finite = true;
          for (const T a : A.row(i)) finite &= std::abs(a) <= std::numeric_limits<T>::max();
          for (std::size_t j = 0; !finite && j < A.cols(); ++j) {
            if (!std::isfinite(A(i, j))) refuse_element(where, i, j, static_cast<double>(A(i, j)));
          }
        }
      },
      stop);
}

/// The largest square that divide and conquer's work space, which LAPACK counts in 32 bits, is enough for.
inline constexpr std::size_t largest_square = 16384;

/// Throws internal where a method of LAPACK came to no end, which its `info` tells.
void check_converged(std::string_view where, std::string_view method, int info);

/// Negates row i of `rows` and column i of `columns` where the entry of largest magnitude in that row is negative:
/// factors that are unique but for signs become unique.
template <class T>
void fix_signs(MatrixView<T> rows, MatrixView<T> columns) {
  for (std::size_t i = 0; i < rows.rows(); ++i) {
    const auto row = rows.row(i);
    const auto largest = std::ranges::max_element(row, {}, [](T x) { return std::abs(x); });
    if (largest == row.end() || *largest >= 0) continue;
    for (T& x : row) x = -x;
    for (std::size_t j = 0; j < columns.rows(); ++j) columns(j, i) = -columns(j, i);
  }
}

}  // namespace thrum::linalg
