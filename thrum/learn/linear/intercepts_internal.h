#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace thrum {

/// Takes free intercepts out of a quadratic model: for each change of the coefficients they follow to their best.
class Intercepts {
 public:
  /// own: their second derivatives, (n_free, n_free) row-major, lower triangle; with_coefficients: those of one of them
  /// and one of `n` coefficients, (n, n_free) row-major.
  Intercepts(std::size_t n, std::size_t n_free, std::vector<double> own, std::vector<double> with_coefficients);

  /// Whether these have a best.
  bool sound() const noexcept { return sound_; }
  /// What they take from the curvature of coefficients j and k.
  double curvature(std::size_t j, std::size_t k) const noexcept;
  /// What they take from the slope of coefficient j; slopes: their own.
  double slope(std::size_t j, std::span<const double> slopes) const noexcept;
  /// What a step of theirs adds to the slope of coefficient j.
  double pull(std::size_t j, std::span<const double> step) const noexcept;
  /// Moves them after a change of coefficient j.
  void follow(std::size_t j, double change, std::span<double> step) const noexcept;
  /// How far they move for a change of all coefficients.
  std::vector<double> moves(std::span<const double> change, std::span<const double> slopes) const;

 private:
  std::size_t n_free_;
  std::vector<double> own_;  ///< Cholesky's factor
  std::vector<double> with_coefficients_;
  std::vector<double> follow_;  ///< own^-1 times that
  bool sound_ = true;
};

/// Makes a matrix with little more than nothing on the diagonal, (n, n), one that has Cholesky's factors.
void lift_diagonal(std::span<double> A, std::size_t n);

}  // namespace thrum
