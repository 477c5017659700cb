#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "thrum/core/view.h"

namespace thrum::metrics {

/// What every metric asks of its inputs. `where` is the metric's name in messages. Throw invalid_argument.

/// `n` rows of y, at least one, and as many of `what`.
void check_rows(std::string_view where, std::size_t n, std::string_view what, std::size_t given);

/// Empty, or one finite number >= 0 per row, not all zero.
void check_weights(std::string_view where, std::size_t n, std::span<const double> weights);

void check_finite(std::string_view where, std::string_view what, std::span<const double> values);

/// Every class is below `n_classes`.
void check_classes(std::string_view where, std::span<const std::size_t> y, std::size_t n_classes);

/// (n, n_classes) numbers in [0, 1]. REQUIRES: y has n rows (checked here), classes below n_classes (checked here).
void check_probabilities(std::string_view where, std::span<const std::size_t> y,
                         MatrixView<const double> probabilities);

inline double weight_of(std::span<const double> weights, std::size_t i) {
  return weights.empty() ? 1.0 : weights[i];
}

}  // namespace thrum::metrics
