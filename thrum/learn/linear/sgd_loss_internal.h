#pragma once

#include <algorithm>
#include <cmath>
#include <string_view>

namespace thrum {

/// The loss of one row at its margin or prediction p; y is -1 or 1 for the first three.
enum class SgdLoss { log_loss, hinge, modified_huber, squared_error, huber, epsilon_insensitive };

/// REQUIRES: a name of SgdOptions::loss.
inline SgdLoss sgd_loss(std::string_view name) {
  if (name == "log_loss") return SgdLoss::log_loss;
  if (name == "hinge") return SgdLoss::hinge;
  if (name == "modified_huber") return SgdLoss::modified_huber;
  if (name == "squared_error") return SgdLoss::squared_error;
  return name == "huber" ? SgdLoss::huber : SgdLoss::epsilon_insensitive;
}

inline double loss_of(SgdLoss loss, double epsilon, double y, double p) noexcept {
  const double z = y * p;
  const double r = std::abs(y - p);
  switch (loss) {
    case SgdLoss::log_loss:
      return std::log1p(std::exp(-std::abs(z))) + std::max(-z, 0.0);
    case SgdLoss::hinge:
      return std::max(0.0, 1 - z);
    case SgdLoss::modified_huber:
      return z >= 1 ? 0 : z >= -1 ? (1 - z) * (1 - z) : -4 * z;
    case SgdLoss::squared_error:
      return 0.5 * r * r;
    case SgdLoss::huber:
      return r <= epsilon ? 0.5 * r * r : epsilon * (r - 0.5 * epsilon);
    default:
      return std::max(0.0, r - epsilon);
  }
}

/// The derivative by p.
inline double slope_of(SgdLoss loss, double epsilon, double y, double p) noexcept {
  const double z = y * p;
  const double r = p - y;
  switch (loss) {
    case SgdLoss::log_loss: {
      const double e = std::exp(-std::abs(z));
      return -y * (z > 0 ? e / (1 + e) : 1 / (1 + e));
    }
    case SgdLoss::hinge:
      return z <= 1 ? -y : 0;
    case SgdLoss::modified_huber:
      return z >= 1 ? 0 : z >= -1 ? 2 * (1 - z) * -y : -4 * y;
    case SgdLoss::squared_error:
      return r;
    case SgdLoss::huber:
      return std::clamp(r, -epsilon, epsilon);
    default:
      return std::abs(r) <= epsilon ? 0 : std::copysign(1.0, r);
  }
}

}  // namespace thrum
