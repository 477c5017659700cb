#pragma once

namespace thrum {

/// Whether rounding alone explains the variance of a number in `n_rows` rows, by the rule of scikit-learn's
/// StandardScaler.
bool counts_as_constant(double variance, double mean, double n_rows);

}  // namespace thrum
