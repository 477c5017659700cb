#pragma once

#include <cmath>

namespace thrum::metrics {

/// A sum whose rounding error does not grow with the number of terms (Neumaier 1974), so that scores over millions of
/// rows do not depend on how a reference orders its additions.
class CompensatedSum {
 public:
  void add(double x) {
    const double total = sum_ + x;
    lost_ += std::abs(sum_) >= std::abs(x) ? (sum_ - total) + x : (x - total) + sum_;
    sum_ = total;
  }
  double value() const { return sum_ + lost_; }

 private:
  double sum_ = 0;
  double lost_ = 0;
};

}  // namespace thrum::metrics
