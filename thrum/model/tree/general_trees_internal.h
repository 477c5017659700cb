#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "thrum/data/schema.h"
#include "thrum/model/model_file.h"
#include "thrum/model/predictor.h"
#include "thrum/model/tree/tree.h"

namespace thrum {

/// The image of an engine for trees of any kind, which walks from node to node as the definition of a tree says.
std::vector<std::byte> compile_general_trees(const TreeEnsemble& ensemble, const Schema& schema);

/// Throws corrupt_data where the image does not fit.
std::unique_ptr<Predictor> open_general_trees(const ModelFile& image, Schema schema);

}  // namespace thrum
