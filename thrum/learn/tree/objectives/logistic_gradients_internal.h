#pragma once

#include <span>

namespace thrum {

/// g[i] = w (p - y), h[i] = w p (1 - p) with p = 1 / (1 + exp(-z[i])); y[i] is 0 or 1; weights may be empty: ones.
void logistic_gradients(std::span<const double> z, std::span<const double> y, std::span<const double> weights,
                        std::span<float> g, std::span<float> h);

}  // namespace thrum
