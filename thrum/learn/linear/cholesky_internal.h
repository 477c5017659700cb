#pragma once

#include <cstddef>
#include <span>

namespace thrum {

/// Replaces the lower triangle of A, (n, n) row-major, symmetric and positive definite, by L with A = L L^T; what lies
/// above the diagonal is neither read nor written. For a few hundred rows, in the calling thread and without a BLAS,
/// whose buffers alone take more memory than small fits need. False where a pivot is no positive number: A is then
/// spoiled.
[[nodiscard]] bool factor_cholesky(std::span<double> A, std::size_t n) noexcept;

/// x becomes the solution of L L^T x = b, for x = b at first and an L from factor_cholesky.
void solve_cholesky(std::span<const double> L, std::span<double> x) noexcept;

}  // namespace thrum
