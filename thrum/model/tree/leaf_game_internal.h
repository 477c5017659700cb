#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace thrum::leaf_game {

/// Rows that are explained together, one bit of a word each.
inline constexpr std::size_t block_rows = 64;

/// A feature on the way to a leaf. With a set S of known features a row reaches the leaf with the probability
/// Π_{i in S} o_i Π_{i not in S} z_i, which is the game whose Shapley values are wanted.
struct Player {
  std::uint32_t feature;
  double zero;        ///< z: the share of rows that goes on towards the leaf where the feature is not known
  std::uint64_t one;  ///< o, a bit per row: whether the row itself goes on
};

/// Numerical integration over [0, 1] that is exact for polynomials of degree < 2 n.
struct Quadrature {
  std::vector<double> points = {};
  std::vector<double> weights = {};
};
/// Gauss-Legendre with n points.
Quadrature gauss_legendre(std::size_t n);

/// The Shapley value of player i is its derivative of the game's multilinear extension, integrated along the diagonal
/// (Owen 1972): (o_i - z_i) ∫ Π_{j≠i} (z_j + t (o_j - z_j)) dt, a polynomial that d / 2 points integrate exactly, with
/// nothing but products of positive numbers. values: (n players, block_rows). REQUIRES: 2 n points >= n players.
void shapley_values(std::span<const Player> players, const Quadrature& quadrature, std::span<double> values);

/// Likewise ∫ Π_{k≠i,j} times (o_i - z_i) (o_j - z_j), for one i and all other j. values: (n players, block_rows).
void shapley_interactions(std::span<const Player> players, std::size_t i, const Quadrature& quadrature,
                          std::span<double> values);

}  // namespace thrum::leaf_game
