#pragma once

#include <memory>

#include "thrum/learn/tree/gbdt.h"
#include "thrum/learn/tree/objective.h"

namespace thrum {

std::unique_ptr<Objective> squared_error();
std::unique_ptr<Objective> binary_log_loss();

/// The one that the options name, for this target. Throws invalid_argument where they do not go together.
std::unique_ptr<Objective> make_objective(const GbdtOptions& options, const Target& target);

}  // namespace thrum
