#include "thrum/learn/linear/penalty_path_internal.h"

#include <cmath>

namespace thrum {
namespace {

/// Each penalty of a path is this part of the one before: 8 of them make a tenth.
const double path_ratio = std::pow(10, -1.0 / 8);

/// The points of a path need not be exact: they are where the next one starts.
constexpr CoordinateDescent::Limits path_limits = {.tolerance = 1e-3, .max_epochs = 20};

}  // namespace

PenaltyPath::End PenaltyPath::solve(const ElasticNetPenalty& penalty, const CoordinateDescent::Limits& limits) {
  End end{CoordinateDescent(equations_), {}};
  if (penalty.l1 > 0) {
    walk_to(penalty.l1);
    end.descent = descent_;
  }
  end.outcome = end.descent.minimize(penalty, limits);
  if (penalty.l1 > 0) end.outcome.epochs += epochs_;
  return end;
}

void PenaltyPath::walk_to(double l1) {
  while (l1_ * path_ratio > l1) {
    l1_ *= path_ratio;
    epochs_ += descent_.minimize({l1_, l1_ * l2_per_l1_, positive_}, path_limits).epochs;
  }
}

}  // namespace thrum
