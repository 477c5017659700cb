#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "thrum/learn/tree/gbdt.h"
#include "thrum/learn/tree/objective.h"

namespace thrum {

std::unique_ptr<Objective> squared_error();
std::unique_ptr<Objective> absolute_error();
std::unique_ptr<Objective> huber_error(double alpha);
std::unique_ptr<Objective> quantile_error(double alpha);
std::unique_ptr<Objective> poisson_deviance();
std::unique_ptr<Objective> gamma_deviance();
std::unique_ptr<Objective> tweedie_deviance(double power);
std::unique_ptr<Objective> binary_log_loss();
std::unique_ptr<Objective> softmax_log_loss(std::size_t n_classes);
std::unique_ptr<Objective> lambda_rank(const GbdtOptions& options);

/// "auto" and what it may stand for.
std::vector<std::string> objective_names();

/// The one that the options name, for this target. Throws invalid_argument where they do not go together.
std::unique_ptr<Objective> make_objective(const GbdtOptions& options, const Target& target);

}  // namespace thrum
