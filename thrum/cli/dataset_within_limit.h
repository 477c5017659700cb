#pragma once

#include <memory>

#include "thrum/data/dataset.h"
#include "thrum/runtime/scratch.h"

namespace thrum::cli {

/// Dataset(table, options) of a table that `scratch` keeps: its columns are looked at a few at a time, since all of
/// them at once may be more than the limit. Throws as that.
Dataset dataset_within_limit(const std::shared_ptr<const Table>& table, const Dataset::Options& options,
                             Scratch& scratch);

}  // namespace thrum::cli
