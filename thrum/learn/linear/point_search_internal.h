#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "thrum/learn/linear/lbfgs.h"

namespace thrum {

/// A search for the minimum of a function that asks and is told: many of them can so share the passes over data that
/// answer them. Sequential: the same answers give the same bits.
class PointSearch {
 public:
  virtual ~PointSearch() = default;

  /// Where to evaluate next. REQUIRES: !done(), !wants_hessian() and no wanted_product().
  virtual std::span<const double> point() const noexcept = 0;
  /// Takes the smooth part of the objective and its gradient at point().
  virtual void add(double value, std::span<const double> gradient) = 0;

  /// Whether it needs the Hessian of the smooth part at best() before it can go on.
  virtual bool wants_hessian() const noexcept { return false; }
  /// Of which coefficients it needs it, ascending, beside the intercepts; nothing: of all.
  virtual std::optional<std::vector<std::size_t>> hessian_coefficients() const { return std::nullopt; }
  /// (n, n) row-major, lower triangle, of these coefficients and the intercepts.
  virtual void add_hessian(std::vector<double>&& /*hessian*/) {}
  /// A vector, whose product with that Hessian it needs before it can go on; empty where it needs none.
  virtual std::span<const double> wanted_product() const noexcept { return {}; }
  virtual void add_product(std::span<const double> /*product*/) {}

  std::span<const double> best() const noexcept { return result_.x; }
  bool done() const noexcept { return stop_.has_value(); }
  std::size_t iterations() const noexcept { return result_.iterations; }
  double objective() const noexcept { return result_.objective; }
  /// gradient_max is the largest violation of a condition of optimality. REQUIRES: done().
  virtual LbfgsResult take_result() = 0;

 protected:
  LbfgsResult result_;  ///< so far
  std::optional<LbfgsStop> stop_;
};

}  // namespace thrum
