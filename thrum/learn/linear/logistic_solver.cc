#include <fmt/format.h>

#include <array>

#include "thrum/core/error.h"
#include "thrum/core/log.h"
#include "thrum/learn/linear/logistic_solver_internal.h"

namespace thrum {
namespace {

constexpr std::string_view where = LogisticRegressionModel::name;

struct Successor {
  std::string_view name;
  std::string_view successor;
};
constexpr std::array successors = {Successor{"sag", "lbfgs"}, Successor{"dual", "lbfgs"},
                                   Successor{"liblinear", "newton-cd"}};

}  // namespace

double l1_ratio_of(const LogisticRegressionOptions& options) {
  const std::string& penalty = options.penalty;
  const double ratio = options.l1_ratio;
  if (penalty == "l1") {
    if (ratio == 0 || ratio == 1) return 1;
  } else if (penalty == "auto" || penalty == "elasticnet" || ratio == 0) {
    return penalty == "none" ? 0 : ratio;
  }
  throw Error(ErrorCode::invalid_argument,
              fmt::format("[{}] penalty={} and l1_ratio={} exclude each other", where, penalty, ratio),
              "leave penalty out: l1_ratio says it all");
}

double penalty_strength(const LogisticRegressionOptions& options) {
  return options.penalty == "none" ? 0 : 1 / options.C;
}

ChosenSolver choose_solver(const LogisticRegressionOptions& options, std::size_t n_parameters) {
  const bool has_l1 = l1_ratio_of(options) > 0 && penalty_strength(options) > 0;
  const std::string& name = options.solver;
  const bool is_newton = name == "newton-cd" || name == "newton-cholesky" || (name == "auto" && has_l1);
  if (has_l1 && name != "auto" && name != "newton-cd" && name != "saga") {
    throw Error(ErrorCode::invalid_argument, fmt::format("[{}] the solver {} takes no L1 penalty", where, name),
                "use solver=newton-cd, saga or auto, or l1_ratio=0");
  }
  if (is_newton && n_parameters > most_newton_parameters) {
    throw Error(ErrorCode::invalid_argument,
                fmt::format("[{}] expected {} parameters at most for Newton's method{}, got {}", where,
                            most_newton_parameters, has_l1 ? ", which an L1 penalty takes" : "", n_parameters),
                has_l1 ? "use solver=saga, l1_ratio=0, or fewer columns" : "use solver=lbfgs");
  }
  if (name == "saga" && options.dtype == "bfloat16") {
    throw Error(ErrorCode::invalid_argument,
                fmt::format("[{}] the solver saga keeps its rows in float64, got dtype=bfloat16", where),
                "use another solver, or dtype=float64");
  }
  if (name == "saga") return {LogisticSolver::saga, name};
  if (name == "newton-cg") return {LogisticSolver::newton_cg, name};
  if (name == "gradient-descent") return {LogisticSolver::gradient_descent, name};
  if (name == "auto" && has_l1) return {LogisticSolver::newton, "newton-cd (auto: the penalty has an L1 part)"};
  if (name == "auto") return {LogisticSolver::lbfgs, "lbfgs (auto: without an L1 part a pass per iteration is enough)"};
  return {is_newton ? LogisticSolver::newton : LogisticSolver::lbfgs, name};
}

void center(std::span<double> outputs, std::size_t n_outputs) {
  const std::size_t n = outputs.size() / n_outputs;
  for (std::size_t j = 0; j < n; ++j) {
    double sum = 0;
    for (std::size_t k = 0; k < n_outputs; ++k) sum += outputs[k * n + j];
    for (std::size_t k = 0; k < n_outputs; ++k) outputs[k * n + j] -= sum / static_cast<double>(n_outputs);
  }
}

void log_not_converged(std::size_t iterations, double gradient_max, double tol) {
  log(LogLevel::warning,
      fmt::format("[{}] not converged after {} iterations: largest gradient component {:.3g}, tol {:.3g}; raise "
                  "max_iter or tol, or lower C",
                  where, iterations, gradient_max, tol));
}

OptionField solver_field() {
  OptionField field =
      option_field("solver", &LogisticRegressionOptions::solver,
                   {"auto", "lbfgs", "newton-cholesky", "newton-cg", "newton-cd", "saga", "gradient-descent"},
                   "how the optimum, the same for all, is found; an L1 penalty takes newton-cd or saga");
  field.set = [set = field.set](void* options, std::string_view text) {
    for (const Successor& gone : successors) {
      if (text != gone.name) continue;
      throw Error(
          ErrorCode::invalid_argument,
          fmt::format("[solver] {} is not there, since {} finds the optimum in less time", text, gone.successor),
          fmt::format("use solver={} or auto", gone.successor));
    }
    set(options, text);
  };
  return field;
}

}  // namespace thrum
