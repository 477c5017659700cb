#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "thrum/linalg/csr_matrix.h"

namespace thrum {

/// A row of a dense matrix as SGD walks over it.
struct DenseRow {
  std::span<const double> values;
  std::size_t size() const noexcept { return values.size(); }
  std::size_t column(std::size_t k) const noexcept { return k; }
  double value(std::size_t k) const noexcept { return values[k]; }
};

/// What is not zero in a row of a sparse matrix.
struct SparseRow {
  std::span<const std::uint32_t> columns;
  linalg::SparseValues values;
  std::size_t size() const noexcept { return values.size(); }
  std::size_t column(std::size_t k) const noexcept { return columns[k]; }
  double value(std::size_t k) const noexcept { return values[k]; }
};

/// The weights of a linear model and, where wanted, the mean of all that they have been, both changed at the cost of
/// the entries of a row: w = scale * v, and the mean is (sum + a v) / b (Bottou, "Stochastic gradient tricks", 2012).
class AveragedWeights {
 public:
  AveragedWeights(std::size_t n, bool average) : v_(n, 0.0), sum_(average ? n : 0, 0.0) {}

  double weight(std::size_t j) const noexcept { return scale_ * v_[j]; }

  template <class Row>
  double dot(const Row& row) const noexcept {
    double sum = 0;
    for (std::size_t k = 0; k < row.size(); ++k) sum += v_[row.column(k)] * row.value(k);
    return scale_ * sum;
  }

  /// w += step * row.
  template <class Row>
  void add(const Row& row, double step) noexcept {
    const double of_v = step / scale_;
    for (std::size_t k = 0; k < row.size(); ++k) change(row.column(k), of_v * row.value(k));
  }

  void set(std::size_t j, double weight) noexcept { change(j, weight / scale_ - v_[j]); }

  /// w *= factor. REQUIRES: factor >= 0.
  void shrink(double factor) noexcept {
    scale_ *= factor;
    if (scale_ < 1e-9) settle();
  }

  /// Takes w into the mean, as the n-th.
  void take_into_mean(double n) noexcept {
    if (sum_.empty()) return;
    const double part = 1 / n;
    if (n > 1) b_ /= 1 - part;
    a_ += part * b_ * scale_;
    if (b_ > 1e9) settle();
  }

  /// l1 |w|_1 + l2/2 |w|^2.
  double penalty(double l1, double l2) const noexcept {
    double sum = 0;
    for (std::size_t j = 0; j < v_.size(); ++j) sum += (l1 + 0.5 * l2 * std::abs(weight(j))) * std::abs(weight(j));
    return sum;
  }

  /// Of w, and of the mean.
  std::vector<double> weights() {
    settle();
    return v_;
  }
  std::vector<double> mean() {
    settle();
    return sum_;
  }

 private:
  void change(std::size_t j, double of_v) noexcept {
    v_[j] += of_v;
    if (!sum_.empty()) sum_[j] -= a_ * of_v;
  }

  /// scale, a and b become 1, 0 and 1.
  void settle() noexcept {
    for (std::size_t j = 0; j < sum_.size(); ++j) sum_[j] = (sum_[j] + a_ * v_[j]) / b_;
    for (double& v : v_) v *= scale_;
    a_ = 0;
    b_ = 1;
    scale_ = 1;
  }

  std::vector<double> v_;
  std::vector<double> sum_;  ///< empty where no mean is wanted
  double scale_ = 1;
  double a_ = 0;
  double b_ = 1;
};

}  // namespace thrum
