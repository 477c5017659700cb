#include <algorithm>
#include <cmath>

#include "thrum/model/link_internal.h"

namespace thrum {

double finite_margin(double z) noexcept {
  constexpr double largest = 1e300;
  return std::isnan(z) ? 0 : std::clamp(z, -largest, largest);
}

void write_logistic(double z, std::span<double> probabilities) noexcept {
  const double tail = std::exp(-std::abs(z));
  const double smaller = tail / (1 + tail);
  const double larger = 1 / (1 + tail);
  probabilities[0] = z < 0 ? larger : smaller;
  probabilities[1] = z < 0 ? smaller : larger;
}

void softmax(std::span<double> z) noexcept {
  const double largest = *std::ranges::max_element(z);
  double sum = 0;
  for (double& value : z) sum += value = std::exp(value - largest);
  for (double& value : z) value /= sum;
}

}  // namespace thrum
