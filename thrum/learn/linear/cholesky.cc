#include <cmath>

#include "thrum/learn/linear/cholesky_internal.h"
#include "thrum/learn/linear/dot_internal.h"

namespace thrum {

bool factor_cholesky(std::span<double> A, std::size_t n) noexcept {
  for (std::size_t i = 0; i < n; ++i) {
    double* const row = &A[i * n];
    for (std::size_t j = 0; j < i; ++j) row[j] = (row[j] - dot({row, j}, {&A[j * n], j})) / A[j * n + j];
    const double pivot = row[i] - dot({row, i}, {row, i});
    if (!(pivot > 0 && std::isfinite(pivot))) return false;
    row[i] = std::sqrt(pivot);
  }
  return true;
}

void solve_cholesky(std::span<const double> L, std::span<double> x) noexcept {
  const std::size_t n = x.size();
  for (std::size_t i = 0; i < n; ++i) x[i] = (x[i] - dot({&L[i * n], i}, x.first(i))) / L[i * n + i];
  for (std::size_t i = n; i-- > 0;) {
    x[i] /= L[i * n + i];
    for (std::size_t j = 0; j < i; ++j) x[j] -= L[i * n + j] * x[i];
  }
}

}  // namespace thrum
