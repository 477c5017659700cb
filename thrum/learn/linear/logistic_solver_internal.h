#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "thrum/learn/linear/logistic_regression.h"

namespace thrum {

/// What of the penalty is L1: 0 to 1. Throws invalid_argument for a penalty and an l1_ratio that exclude each other.
double l1_ratio_of(const LogisticRegressionOptions& options);
/// 1 / C; 0 without a penalty.
double penalty_strength(const LogisticRegressionOptions& options);

/// A Hessian of this many parameters takes 250 MB while it is summed.
inline constexpr std::size_t most_newton_parameters = 2500;

enum class LogisticSolver { lbfgs, newton, newton_cg, saga, gradient_descent };
struct ChosenSolver {
  LogisticSolver solver;
  std::string text;  ///< its name, and where it was chosen the reason
};
/// Throws invalid_argument for a solver that cannot have the penalty, or so many parameters.
ChosenSolver choose_solver(const LogisticRegressionOptions& options, std::size_t n_parameters);

/// Softmax does not change when all outputs get the same: of these, (n_outputs, n), those with mean zero are taken.
void center(std::span<double> outputs, std::size_t n_outputs);

/// The warning of a search that ended before its time.
void log_not_converged(std::size_t iterations, double gradient_max, double tol);

/// The description of the option `solver`, which names the successors of the names it does not take.
OptionField solver_field();

}  // namespace thrum
