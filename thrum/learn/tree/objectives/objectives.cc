#include "thrum/learn/tree/objectives/objectives_internal.h"

#include <fmt/format.h>

#include "thrum/core/error.h"
#include "thrum/core/printable.h"

namespace thrum {
namespace {

std::unique_ptr<Objective> log_loss(const Target& target) {
  return target.classes.size() > 2 ? softmax_log_loss(target.classes.size()) : binary_log_loss();
}

std::unique_ptr<Objective> of_numbers(const GbdtOptions& options) {
  if (options.objective == "absolute_error") return absolute_error();
  if (options.objective == "huber") return huber_error(options.alpha);
  if (options.objective == "quantile") return quantile_error(options.alpha);
  if (options.objective == "poisson") return poisson_deviance();
  if (options.objective == "gamma") return gamma_deviance();
  if (options.objective == "tweedie") return tweedie_deviance(options.tweedie_variance_power);
  return squared_error();
}

}  // namespace

std::vector<std::string> objective_names() {
  return {"auto",     "log_loss", "squared_error", "absolute_error", "huber",
          "quantile", "poisson",  "gamma",         "tweedie",        "lambdarank"};
}

std::unique_ptr<Objective> make_objective(const GbdtOptions& options, const Target& target) {
  const bool is_ranking = target.task == Task::ranking;
  if (is_ranking && (options.objective == "auto" || options.objective == "lambdarank")) return lambda_rank(options);
  if (is_ranking || options.objective == "lambdarank") {
    throw Error(ErrorCode::invalid_argument,
                fmt::format("[gbdt] objective {} {}", options.objective,
                            is_ranking ? "does not rank the rows of queries" : "expects queries, there are none"),
                is_ranking ? "use objective=lambdarank" : "name their column");
  }
  const bool classes = target.task == Task::classification;
  if (options.objective == "auto") return classes ? log_loss(target) : squared_error();
  if (classes == (options.objective == "log_loss")) return classes ? log_loss(target) : of_numbers(options);
  throw Error(ErrorCode::invalid_argument,
              fmt::format("[gbdt] objective {} expects {}, {} holds {}", options.objective,
                          classes ? "numbers" : "classes", in_quotes(target.name), classes ? "classes" : "numbers"),
              "use objective=auto");
}

}  // namespace thrum
