#include "thrum/model/tree/leaf_game_internal.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "thrum/model/tree/leaf_game.cc"
#include <hwy/foreach_target.h>
// After foreach_target.h.
#include <hwy/highway.h>

// Plain loops over rows, compiled for every level of SIMD: a row is a lane, so that all levels give the same bits.
HWY_BEFORE_NAMESPACE();
namespace thrum::leaf_game::HWY_NAMESPACE {

constexpr std::size_t lanes = 16;
using Lanes = double[lanes];

/// `lanes` rows of the game at a time.
class Rows {
 public:
  Rows(std::span<const Player> players, std::size_t skipped)
      : players_(players),
        skipped_(skipped),
        ones_(players.size() * lanes),
        terms_(players.size() * lanes),
        prefix_(players.size() * lanes) {}

  void begin_at(std::size_t first) {
    for (std::size_t i = 0; i < players_.size(); ++i) {
      for (std::size_t r = 0; r < lanes; ++r) {
        ones_[i * lanes + r] = (players_[i].one >> (first + r) & 1) != 0 ? 1.0 : 0.0;
      }
    }
  }

  /// products[i] += ∫ Π_{j≠i} (z_j + t (o_j - z_j)) dt, products of all but `skipped`.
  void integrate(const Quadrature& quadrature, std::span<double> products) {
    for (std::size_t q = 0; q < quadrature.points.size(); ++q) {
      add_point(quadrature.points[q], quadrature.weights[q], products);
    }
  }

  /// o - z of a player.
  void difference(std::size_t i, Lanes& out) const {
    for (std::size_t r = 0; r < lanes; ++r) out[r] = ones_[i * lanes + r] - players_[i].zero;
  }

 private:
  void add_point(double t, double weight, std::span<double> products) {
    Lanes product;
    for (double& p : product) p = weight;
    for (std::size_t i = 0; i < players_.size(); ++i) {
      double* prefix = prefix_.data() + i * lanes;
      for (std::size_t r = 0; r < lanes; ++r) prefix[r] = product[r];
      if (i == skipped_) continue;
      double* term = terms_.data() + i * lanes;
      const double* one = ones_.data() + i * lanes;
      const double rest = players_[i].zero * (1 - t);
      for (std::size_t r = 0; r < lanes; ++r) product[r] *= term[r] = rest + t * one[r];
    }
    for (double& p : product) p = 1;
    for (std::size_t i = players_.size(); i-- > 0;) {
      if (i == skipped_) continue;
      const double* prefix = prefix_.data() + i * lanes;
      const double* term = terms_.data() + i * lanes;
      double* sum = products.data() + i * lanes;
      for (std::size_t r = 0; r < lanes; ++r) sum[r] += prefix[r] * product[r];
      for (std::size_t r = 0; r < lanes; ++r) product[r] *= term[r];
    }
  }

  std::span<const Player> players_;
  std::size_t skipped_;
  std::vector<double> ones_;    ///< o per player and row
  std::vector<double> terms_;   ///< z + t (o - z), likewise
  std::vector<double> prefix_;  ///< the product of the terms before
};

/// Of all rows; `skipped` is the player that interacts with the others, or none.
void solve(std::span<const Player> players, std::size_t skipped, const Quadrature& quadrature,
           std::span<double> values) {
  std::vector<double> products(players.size() * lanes);
  Rows rows(players, skipped);
  for (std::size_t first = 0; first < block_rows; first += lanes) {
    rows.begin_at(first);
    std::fill(products.begin(), products.end(), 0.0);
    rows.integrate(quadrature, products);
    Lanes of_skipped, difference;
    for (double& one : of_skipped) one = 1;
    if (skipped < players.size()) rows.difference(skipped, of_skipped);
    for (std::size_t i = 0; i < players.size(); ++i) {
      rows.difference(i, difference);
      double* out = values.data() + i * block_rows + first;
      const double* product = products.data() + i * lanes;
      for (std::size_t r = 0; r < lanes; ++r) out[r] = difference[r] * of_skipped[r] * product[r];
    }
  }
}

}  // namespace thrum::leaf_game::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace thrum::leaf_game {
HWY_EXPORT(solve);

Quadrature gauss_legendre(std::size_t n) {
  Quadrature quadrature;
  const auto degree = static_cast<double>(n);
  for (std::size_t i = 0; i < n; ++i) {
    double x = std::cos(std::numbers::pi * (static_cast<double>(i) + 0.75) / (degree + 0.5));
    double slope = 1;
    for (int step = 0; step < 10; ++step) {
      double before = 1;
      double p = x;
      for (std::size_t k = 2; k <= n; ++k) {
        const auto order = static_cast<double>(k);
        before = std::exchange(p, ((2 * order - 1) * x * p - (order - 1) * before) / order);
      }
      slope = degree * (x * p - before) / (x * x - 1);
      x -= p / slope;
    }
    quadrature.points.push_back((1 + x) / 2);
    quadrature.weights.push_back(1 / ((1 - x * x) * slope * slope));
  }
  return quadrature;
}

void shapley_values(std::span<const Player> players, const Quadrature& quadrature, std::span<double> values) {
  HWY_DYNAMIC_DISPATCH(solve)(players, players.size(), quadrature, values);
}

void shapley_interactions(std::span<const Player> players, std::size_t i, const Quadrature& quadrature,
                          std::span<double> values) {
  HWY_DYNAMIC_DISPATCH(solve)(players, i, quadrature, values);
}

}  // namespace thrum::leaf_game
#endif
