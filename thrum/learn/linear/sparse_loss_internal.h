#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>

namespace thrum {

/// The loss of a row at its margins.
enum class SparseLoss { logistic, softmax, squared, poisson, gamma };

struct LossAndSlope {
  double loss;
  double slope;
};

inline LossAndSlope logistic_loss(double z, double y) {
  const double e = std::exp(-std::abs(z));
  const double p = (z >= 0 ? 1 : e) / (1 + e);
  const double margin = y == 1 ? z : -z;
  return {std::log1p(e) + std::max(-margin, 0.0), p - y};
}

/// Of one margin. REQUIRES: loss is not softmax.
inline LossAndSlope loss_at(SparseLoss loss, double z, double y) {
  switch (loss) {
    case SparseLoss::logistic:
      return logistic_loss(z, y);
    case SparseLoss::squared:
      return {0.5 * (z - y) * (z - y), z - y};
    case SparseLoss::poisson: {
      const double mean = std::exp(z);
      return {mean - y * z, mean - y};
    }
    default: {
      const double ratio = y * std::exp(-z);
      return {z + ratio, 1 - ratio};
    }
  }
}

/// Turns margins into probabilities; what they are the parts of, in units of the largest.
inline double set_probabilities(std::span<double> z) {
  const double largest = *std::ranges::max_element(z);
  double sum = 0;
  for (double& margin : z) sum += margin = std::exp(margin - largest);
  for (double& p : z) p /= sum;
  return sum;
}

/// Turns margins into probabilities; the loss of a row of class `own`.
inline double softmax_loss(std::span<double> z, std::size_t own) {
  const double own_margin = z[own] - *std::ranges::max_element(z);
  return std::log(set_probabilities(z)) - own_margin;
}

}  // namespace thrum
