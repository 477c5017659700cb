#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace thrum {

/// The loss l of a row at its margin z. The last two are half the deviance of a mean exp(z), but for what does not
/// depend on z.
enum class RowLoss {
  logistic,  ///< of two classes or more
  poisson,   ///< exp(z) - y z
  gamma,     ///< z + y exp(-z)
};

/// Rows of a design matrix X with what the loss needs beside them. T is float or double.
template <class T>
struct LogisticRows {
  const T* x;        ///< (n_tiles, n_columns, tile_rows): tile after tile, in each the columns one after another
  const T* weights;  ///< (n_tiles * tile_rows) sample weights s_i >= 0; of two classes with the sign of the label
  const T* labels;   ///< (n_tiles * tile_rows) the index of the class, null for two; y where the loss is of a mean
  std::size_t n_tiles = 0;    ///< padded with rows of zeros whose weight is zero
  std::size_t tile_rows = 0;  ///< a multiple of 128 bytes
  std::size_t n_columns = 0;
  RowLoss loss = RowLoss::logistic;
};

/// Margins z_k = W_k x + b_k: one row of W for two classes (of the second class), one per class for more.
template <class T>
struct LogisticCoefficients {
  const T* w;  ///< (n_outputs, n_columns)
  const T* b;  ///< (n_outputs)
  std::size_t n_outputs = 0;
};

/// Where the sums lie in the vector that add_logistic_sums fills.
struct LogisticSums {
  static constexpr std::size_t loss = 0;       ///< sum of s_i l_i
  static constexpr std::size_t misplaced = 1;  ///< number of rows with s_i > 0 whose own class has P <= 1/2; of means 0
  static constexpr std::size_t gradient =
      2;  ///< (n_outputs, n_columns) sums of s_i r_ik x_ij, then (n_outputs) of s_i r_ik
  static std::size_t size(std::size_t n_outputs, std::size_t n_columns) { return 2 + n_outputs * (n_columns + 1); }
};

/// One of the fits that share a pass over rows: its own weights, labels, coefficients and sums.
template <class T>
struct LogisticFit {
  LogisticRows<T> rows;
  LogisticCoefficients<T> coefficients;
  std::span<double> sums;
};

/// Adds the loss of each fit, and its gradient, over all rows to its sums, reading X once: a tile's margins, losses and
/// gradients are computed while it lies in the nearest cache. Sums inside a tile are in T, over tiles in double. The
/// result of a fit depends on its own arguments and the instruction set only: not a bit of it on the other fits.
/// l_i = log(1 + exp(-|m|)) + max(-m, 0) for two classes, right for any finite margin m; a margin that is not finite
/// makes the loss NaN, and a mean beyond the range of T infinity. REQUIRES: one fit at least; they share x, its shape,
/// and n_outputs, which is 1 for the loss of a mean.
void add_logistic_sums(std::span<const LogisticFit<float>> fits);
void add_logistic_sums(std::span<const LogisticFit<double>> fits);

/// Adds sum_i s_i x_ij^2 to sums[j]; the same remarks hold.
void add_weighted_squares(const LogisticRows<float>& rows, std::span<double> sums);
void add_weighted_squares(const LogisticRows<double>& rows, std::span<double> sums);

}  // namespace thrum
