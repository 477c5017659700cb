#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace thrum {

/// What least squares need to know of the rows: sum_i s_i (y_i - u x_i)^2 = u A u - 2 c u + yy, of columns in the units
/// of the penalty and, where there is an intercept, centred.
struct NormalEquations {
  /// From the Gram matrix of (x, 1, y), lower triangle. units: a coefficient of x times this is one of u.
  NormalEquations(std::span<const double> gram, std::span<const double> units, bool centered);

  /// Zeros, to be filled in.
  explicit NormalEquations(std::size_t n) : A(n * n), c(n), yy(0), total_weight(1), x_mean(n, 0.0), y_mean(0) {}

  std::size_t size() const { return c.size(); }
  const double* row(std::size_t j) const { return &A[j * size()]; }
  /// c - A u
  std::vector<double> residual_products(std::span<const double> u) const;
  /// sum_i s_i (y_i - u x_i)^2, where q = residual_products(u).
  double squared_error(std::span<const double> u, std::span<const double> q) const;

  std::vector<double> A;  ///< (size, size) row-major, both triangles
  std::vector<double> c;
  double yy;
  double total_weight;
  std::vector<double> x_mean;  ///< of the columns of the Gram matrix; zeros where they are not centred
  double y_mean;
};

/// Of the u with the least u A u - 2 c u + l2 |u|^2 the smallest, by Cholesky's factors of A + l2; with pivots where
/// columns depend on each other within `rounding`, a part of their squares (of sums in double: the default).
struct DirectSolution {
  std::vector<double> u;
  std::size_t rank;  ///< of A + l2
};
DirectSolution solve_normal_equations(const NormalEquations& equations, double l2, double rounding = 0);

}  // namespace thrum
