#pragma once

#include <span>

namespace thrum {

/// A finite margin for every input, so that probabilities are probabilities; even odds where infinities cancel.
double finite_margin(double z) noexcept;

/// probabilities[1] = 1 / (1 + exp(-z)), probabilities[0] the rest, both exact to the last bits however small.
void write_logistic(double z, std::span<double> probabilities) noexcept;

/// From finite margins to probabilities, in place.
void softmax(std::span<double> z) noexcept;

}  // namespace thrum
