#pragma once

#include <algorithm>
#include <cmath>
#include <complex>
#include <cstddef>
#include <vector>

#include "thrum/learn/linear/logistic_kernel_internal.h"

namespace thrum::testing_data {

/// The objective of LogisticProblem as its documentation writes it, in long double, for margins that are not large. It
/// takes complex parameters, so that the gradient has all digits: Im f(p + i h e_j) / h without a difference (Squire
/// and Trapp, "Using complex variables to estimate derivatives of real functions", SIAM Review 40, 1998).
struct Objective {
  using Reals = std::vector<long double>;
  using Complex = std::complex<long double>;

  RowLoss loss = RowLoss::logistic;
  std::size_t n_columns = 1;
  std::size_t n_outputs = 1;
  long double l2 = 0;
  Reals x = {};  ///< (n, n_columns)
  Reals y = {};
  Reals weights = {};

  std::size_t n_parameters() const { return n_outputs * (n_columns + 1); }

  Complex operator()(const std::vector<Complex>& parameters) const {
    Complex sum = 0, penalty = 0;
    long double total = 0;
    for (std::size_t i = 0; i < y.size(); ++i) {
      std::vector<Complex> z(n_outputs);
      for (std::size_t k = 0; k < n_outputs; ++k) {
        z[k] = parameters[n_outputs * n_columns + k];
        for (std::size_t j = 0; j < n_columns; ++j) z[k] += parameters[k * n_columns + j] * x[i * n_columns + j];
      }
      sum += weights[i] * loss_of_row(z, y[i]);
      total += weights[i];
    }
    for (std::size_t i = 0; i < n_outputs * n_columns; ++i) penalty += parameters[i] * parameters[i];
    return sum / total + l2 / 2 * penalty;
  }

  long double value(const Reals& at) const { return (*this)({at.begin(), at.end()}).real(); }

  Reals gradient(const Reals& at) const {
    constexpr long double step = 1e-30L;
    std::vector<Complex> shifted(at.begin(), at.end());
    Reals slopes;
    for (std::size_t i = 0; i < at.size(); ++i) {
      shifted[i] = {at[i], step};
      slopes.push_back((*this)(shifted).imag() / step);
      shifted[i] = at[i];
    }
    return slopes;
  }

 private:
  Complex loss_of_row(const std::vector<Complex>& z, long double target) const {
    if (loss == RowLoss::poisson) return std::exp(z[0]) - target * z[0];
    if (loss == RowLoss::gamma) return z[0] + target * std::exp(-z[0]);
    if (n_outputs == 1) return std::log(1.0L + std::exp(target == 1 ? -z[0] : z[0]));
    Complex sum = 0;
    for (const Complex& zk : z) sum += std::exp(zk);
    return std::log(sum) - z[static_cast<std::size_t>(target)];
  }
};

inline std::vector<double> rounded(const Objective::Reals& values) {
  std::vector<double> doubles;
  for (const long double value : values) doubles.push_back(static_cast<double>(value));
  return doubles;
}

/// Of the absolute values.
inline long double largest(const Objective::Reals& values) {
  long double most = 0;
  for (const long double value : values) most = std::max(most, std::abs(value));
  return most;
}

}  // namespace thrum::testing_data
