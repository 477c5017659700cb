#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "thrum/core/view.h"
#include "thrum/data/schema.h"
#include "thrum/model/tree/tree.h"

namespace thrum {

/// Some training rows as an objective sees them; of a ranking, all of one query, in their order.
struct ObjectiveRows {
  std::span<const double> y;         ///< numbers, or the indices of classes
  std::span<const double> weights;   ///< >= 0, one per row; empty: ones
  MatrixView<const double> margins;  ///< (n_margins, n_rows)

  double weight(std::size_t i) const { return weights.empty() ? 1.0 : weights[i]; }
};

/// What boosting minimises: the sum over rows of weight * loss(y, margins). Implementations are immutable and
/// thread-safe; rows are given in blocks, in any order and in parallel.
class Objective {
 public:
  virtual ~Objective() = default;

  virtual std::string_view name() const noexcept = 0;
  virtual Task task() const noexcept = 0;
  virtual Link link() const noexcept = 0;
  virtual std::size_t n_margins() const noexcept { return 1; }

  /// Whether a target is allowed; the domain in words, such as "of 0 or more".
  virtual bool accepts(double /*y*/) const { return true; }
  virtual std::string_view domain() const noexcept { return "that are finite"; }

  /// The margins that all rows begin with. means: the weighted mean of y, or the weighted share of each class.
  virtual std::vector<double> base(std::span<const double> means) const = 0;
  /// Where the best constant is no mean: the base, and each leaf's value, is this quantile of what is left of y.
  virtual std::optional<double> quantile() const noexcept { return std::nullopt; }

  /// The first and second derivatives of weight * loss by each margin, (n_margins, n_rows). A second derivative may be
  /// replaced by a bound of it, and is never negative.
  virtual void gradients(const ObjectiveRows& rows, MatrixView<float> g, MatrixView<float> h) const = 0;

  /// The sum of weight * loss; of a ranking, the loss of the query, 0 for the best order.
  virtual double loss(const ObjectiveRows& rows) const = 0;
};

}  // namespace thrum
