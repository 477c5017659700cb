#pragma once

#include <memory>
#include <span>

#include "thrum/data/prepare/pipeline.h"
#include "thrum/learn/learner.h"

namespace thrum {

/// Learns the steps from the rows of the fit, then trains on what they make of these rows. The model is asked with raw
/// columns: the pipeline lies in it. The same model for any number of threads and ranks (collective). Throws as
/// Pipeline::fit and Learner::fit_many. REQUIRES: `spec` has no start.
std::unique_ptr<Model> fit_prepared(const Learner& learner, const Dataset& dataset, const FitSpec& spec,
                                    std::span<const PrepareStep> steps, const Execution& execution);

}  // namespace thrum
