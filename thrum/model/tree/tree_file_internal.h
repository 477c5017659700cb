#pragma once

#include <memory>

#include "thrum/data/schema.h"
#include "thrum/model/model_file.h"
#include "thrum/model/tree/tree.h"
#include "thrum/model/tree/tree_source_internal.h"

namespace thrum {

/// The tensors of a model of trees. Those of all trees follow each other; what no node has is left out.
void write_ensemble(const TreeEnsemble& ensemble, ModelFileBuilder& file);

/// Throws corrupt_data unless the result fits the schema in every way that fault_of knows.
TreeEnsemble read_ensemble(const ModelFile& file, const Schema& schema);

/// The same tree by tree, each checked when it is read first. Throws corrupt_data for what does not depend on one.
/// `file` and `schema` must outlive it.
std::unique_ptr<TreeSource> open_trees(const ModelFile& file, const Schema& schema);

}  // namespace thrum
