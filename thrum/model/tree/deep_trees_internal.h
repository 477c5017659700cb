#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "thrum/data/schema.h"
#include "thrum/model/engine_internal.h"
#include "thrum/model/model_file.h"
#include "thrum/model/predictor.h"
#include "thrum/model/tree/tree.h"
#include "thrum/model/tree/tree_source_internal.h"

namespace thrum {

/// An engine for trees of any size. Siblings lie side by side, so that a node of 8 bytes (16 where thresholds are no
/// floats) holds all of a question: its threshold, its column and where its children begin. A leaf is its own child, so
/// that rows take steps in turn without a branch, each hiding the others' cache misses. The children that more training
/// rows went to follow their parent. Values are rounded up to floats first, which no comparison notices, and become
/// whole numbers that compare as they do.
///
/// The image is made while `use` has it. False, and `use` is not called, where the trees do not fit: those of very many
/// nodes or columns. Throws as TreeSource::tree.
bool build_deep_trees(const TreeSource& trees, const Schema& schema, UseImage use);

/// The same in memory; empty where the trees do not fit.
std::vector<std::byte> compile_deep_trees(const TreeEnsemble& ensemble, const Schema& schema);

/// For thresholds that are floats, and for others. Throws corrupt_data where the image does not fit.
std::unique_ptr<Predictor> open_deep_float_trees(const ModelFile& image, Schema schema);
std::unique_ptr<Predictor> open_deep_double_trees(const ModelFile& image, Schema schema);

}  // namespace thrum
