#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "thrum/core/bytes.h"
#include "thrum/data/schema.h"
#include "thrum/model/model_file.h"
#include "thrum/model/predictor.h"
#include "thrum/model/tree/tree.h"

namespace thrum {

/// An image that predicts as `predictor`, the image of an engine, does, and that explains as TreeExplainer does.
std::vector<std::byte> compile_explaining_trees(const TreeEnsemble& ensemble, const Schema& schema, ByteSpan predictor);

/// Throws corrupt_data where the image does not fit.
std::unique_ptr<Predictor> open_explaining_trees(const ModelFile& image, Schema schema);

}  // namespace thrum
