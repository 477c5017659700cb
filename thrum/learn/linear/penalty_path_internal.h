#pragma once

#include <cstddef>

#include "thrum/learn/linear/coordinate_descent_internal.h"

namespace thrum {

/// Walks down a path of penalties that depends on the equations only, each from the solution before.
class PenaltyPath {
 public:
  /// l2_per_l1: the direction of the penalties.
  PenaltyPath(const NormalEquations& equations, double l2_per_l1, bool positive)
      : equations_(equations),
        l2_per_l1_(l2_per_l1),
        positive_(positive),
        descent_(equations),
        l1_(largest_l1(equations, positive)) {}

  struct End {
    CoordinateDescent descent;
    CoordinateDescent::Outcome outcome;
  };
  /// The solution at `penalty`, which is never stronger than at the last call.
  End solve(const ElasticNetPenalty& penalty, const CoordinateDescent::Limits& limits);

 private:
  void walk_to(double l1);

  const NormalEquations& equations_;
  double l2_per_l1_;
  bool positive_;
  CoordinateDescent descent_;
  double l1_;
  std::size_t epochs_ = 0;
};

}  // namespace thrum
