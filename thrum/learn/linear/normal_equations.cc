#include <algorithm>
#include <cmath>
#include <limits>

#include "thrum/learn/linear/cholesky_internal.h"
#include "thrum/learn/linear/dot_internal.h"
#include "thrum/learn/linear/normal_equations_internal.h"

namespace thrum {
namespace {

/// Below this part of its column's square, what is left of it is rounding.
double smallest_pivot(std::size_t n, double rounding) {
  return std::max(rounding, 16 * static_cast<double>(n) * std::numeric_limits<double>::epsilon());
}

/// Whether no pivot of L, for the matrix with `diagonal`, is near rounding.
bool is_sound(std::span<const double> L, std::span<const double> diagonal, double rounding) {
  const std::size_t n = diagonal.size();
  for (std::size_t i = 0; i < n; ++i) {
    if (!(L[i * n + i] * L[i * n + i] > smallest_pivot(n, rounding) * diagonal[i])) return false;
  }
  return true;
}

/// P A P^T = L L^T with the largest pivots first, as far as pivots are more than rounding. L: (rank, n) transposed, so
/// that its columns are rows here, in the order of A.
struct PivotedCholesky {
  PivotedCholesky(const std::vector<double>& A, std::size_t n, double rounding) {
    std::vector<double> left(n);
    for (std::size_t i = 0; i < n; ++i) left[i] = A[i * n + i];
    const std::vector<double> diagonal = left;
    while (rank < n) {
      std::size_t p = n;
      for (std::size_t i = 0; i < n; ++i) {
        if (left[i] > smallest_pivot(n, rounding) * diagonal[i] && (p == n || left[i] > left[p])) p = i;
      }
      if (p == n) return;
      const double root = std::sqrt(left[p]);
      std::vector<double> column(n, 0.0);
      for (std::size_t i = 0; i < n; ++i) {
        if (left[i] == 0 && i != p) continue;
        double sum = A[p * n + i];
        for (std::size_t k = 0; k < rank; ++k) sum -= Lt[k * n + p] * Lt[k * n + i];
        column[i] = sum / root;
      }
      for (std::size_t i = 0; i < n; ++i) left[i] = std::max(0.0, left[i] - column[i] * column[i]);
      left[p] = 0;
      Lt.insert(Lt.end(), column.begin(), column.end());
      ++rank;
    }
  }

  std::vector<double> Lt;
  std::size_t rank = 0;
};

/// A^+ c = L (L^T L)^-2 L^T c for A = L L^T.
DirectSolution smallest_solution(const std::vector<double>& A, std::span<const double> c, double rounding) {
  const std::size_t n = c.size();
  const PivotedCholesky factor(A, n, rounding);
  const std::size_t rank = factor.rank;
  const auto column = [&](std::size_t k) { return std::span(factor.Lt).subspan(k * n, n); };
  std::vector<double> inner(rank * rank);
  std::vector<double> v(rank);
  for (std::size_t k = 0; k < rank; ++k) {
    for (std::size_t l = 0; l <= k; ++l) inner[k * rank + l] = dot(column(k), column(l));
    v[k] = dot(column(k), c);
  }
  DirectSolution solution{std::vector<double>(n, 0.0), rank};
  if (rank == 0 || !factor_cholesky(inner, rank)) return solution;
  solve_cholesky(inner, v);
  solve_cholesky(inner, v);
  for (std::size_t k = 0; k < rank; ++k) {
    for (std::size_t i = 0; i < n; ++i) solution.u[i] += v[k] * column(k)[i];
  }
  return solution;
}

}  // namespace

NormalEquations::NormalEquations(std::span<const double> gram, std::span<const double> units, bool centered)
    : A(units.size() * units.size()), c(units.size()), x_mean(units.size(), 0.0), y_mean(0) {
  const std::size_t n = size();
  const auto at = [&](std::size_t i, std::size_t j) { return gram[i * (n + 2) + j]; };
  total_weight = at(n, n);
  if (centered) {
    for (std::size_t j = 0; j < n; ++j) x_mean[j] = at(n, j) / total_weight;
    y_mean = at(n + 1, n) / total_weight;
  }
  for (std::size_t j = 0; j < n; ++j) {
    for (std::size_t k = 0; k <= j; ++k) {
      A[j * n + k] = A[k * n + j] = (at(j, k) - total_weight * x_mean[j] * x_mean[k]) / (units[j] * units[k]);
    }
    c[j] = (at(n + 1, j) - total_weight * x_mean[j] * y_mean) / units[j];
  }
  yy = at(n + 1, n + 1) - total_weight * y_mean * y_mean;
}

std::vector<double> NormalEquations::residual_products(std::span<const double> u) const {
  std::vector<double> q = c;
  for (std::size_t j = 0; j < size(); ++j) {
    if (u[j] == 0) continue;
    for (std::size_t k = 0; k < size(); ++k) q[k] -= u[j] * row(j)[k];
  }
  return q;
}

double NormalEquations::squared_error(std::span<const double> u, std::span<const double> q) const {
  return std::max(0.0, yy - dot(c, u) - dot(q, u));
}

DirectSolution solve_normal_equations(const NormalEquations& equations, double l2, double rounding) {
  const std::size_t n = equations.size();
  std::vector<double> A = equations.A;
  std::vector<double> diagonal(n);
  for (std::size_t j = 0; j < n; ++j) diagonal[j] = A[j * n + j] += l2;
  std::vector<double> L = A;
  if (!factor_cholesky(L, n) || !is_sound(L, diagonal, rounding)) return smallest_solution(A, equations.c, rounding);
  DirectSolution solution{equations.c, n};
  solve_cholesky(L, solution.u);
  return solution;
}

}  // namespace thrum
