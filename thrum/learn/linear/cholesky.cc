#include <array>
#include <cmath>
#include <numeric>

#include "thrum/learn/linear/cholesky_internal.h"

namespace thrum {
namespace {

/// Eight sums side by side, which the compiler makes vectors of.
double dot(const double* a, const double* b, std::size_t n) noexcept {
  constexpr std::size_t lanes = 8;
  std::array<double, lanes> sums{};
  std::size_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    for (std::size_t l = 0; l < lanes; ++l) sums[l] += a[i + l] * b[i + l];
  }
  for (std::size_t l = 0; i < n; ++i, ++l) sums[l] += a[i] * b[i];
  return std::accumulate(sums.begin(), sums.end(), 0.0);
}

}  // namespace

bool factor_cholesky(std::span<double> A, std::size_t n) noexcept {
  for (std::size_t i = 0; i < n; ++i) {
    double* const row = &A[i * n];
    for (std::size_t j = 0; j < i; ++j) row[j] = (row[j] - dot(row, &A[j * n], j)) / A[j * n + j];
    const double pivot = row[i] - dot(row, row, i);
    if (!(pivot > 0 && std::isfinite(pivot))) return false;
    row[i] = std::sqrt(pivot);
  }
  return true;
}

void solve_cholesky(std::span<const double> L, std::span<double> x) noexcept {
  const std::size_t n = x.size();
  for (std::size_t i = 0; i < n; ++i) x[i] = (x[i] - dot(&L[i * n], x.data(), i)) / L[i * n + i];
  for (std::size_t i = n; i-- > 0;) {
    x[i] /= L[i * n + i];
    for (std::size_t j = 0; j < i; ++j) x[j] -= L[i * n + j] * x[i];
  }
}

}  // namespace thrum
