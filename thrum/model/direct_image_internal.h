#pragma once

#include "thrum/data/schema.h"
#include "thrum/model/engine_internal.h"
#include "thrum/model/model_file.h"

namespace thrum {

// Images that are made from a model file without making the model first: that would take the memory of both, and most
// of the time. They say what those of Model::compile say. False, and `use` is not called, where only the model knows
// its image. Throw corrupt_data for whatever does not fit.

bool build_logistic_regression(const ModelFile& file, const Schema& schema, UseImage use);
bool build_trees(const ModelFile& file, const Schema& schema, UseImage use);

}  // namespace thrum
