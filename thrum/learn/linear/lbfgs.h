#pragma once

#include <cstddef>
#include <limits>
#include <span>
#include <string_view>
#include <vector>

#include "thrum/core/function_ref.h"

namespace thrum {

struct LbfgsOptions {
  std::size_t memory = 40;  ///< steps that stand for the inverse Hessian: cheap beside a pass over data, and worth it
  std::size_t max_iter = 100;
  double gradient_tolerance = 1e-4;  ///< on the largest absolute component of the gradient
  /// What the objective can tell apart, relative to its size: three decreases below 64 times of it end the search.
  double precision = std::numeric_limits<double>::epsilon();
};

enum class LbfgsStop {
  gradient,   ///< the gradient is within the tolerance
  objective,  ///< the objective no longer decreases in the arithmetic at hand
  max_iter,
  not_finite,  ///< the objective is not finite at the start
};

struct LbfgsResult {
  std::vector<double> x = {};
  double objective = 0;
  double gradient_max = 0;  ///< the largest absolute component of the gradient at x
  std::size_t iterations = 0;
  std::size_t evaluations = 0;
  LbfgsStop stopped_by = LbfgsStop::max_iter;
};

/// The objective at x; writes its gradient, of the size of x.
using Objective = FunctionRef<double(std::span<const double> x, std::span<double> gradient)>;

/// Called after each iteration. An exception of it, or of the objective, ends the search.
using LbfgsCallback = FunctionRef<void(std::size_t iteration, double objective)>;

/// x becomes B^-1 x, where B, symmetric and positive definite, stands for the Hessian until steps have shown more of
/// it.
using Preconditioner = FunctionRef<void(std::span<double> x)>;

/// Minimises a smooth function by limited-memory BFGS (Liu and Nocedal, Mathematical Programming 45, 1989) with a line
/// search for the strong Wolfe conditions (Nocedal and Wright, Numerical Optimization, algorithms 3.5 and 3.6). The
/// full step is tried first, so that most iterations take one evaluation. The first step, and the scale of all others,
/// follow from `precondition`. Sequential: the same input gives the same bits.
LbfgsResult minimize_lbfgs(Objective objective, std::vector<double> start, Preconditioner precondition,
                           const LbfgsOptions& options, LbfgsCallback on_iteration);

}  // namespace thrum
