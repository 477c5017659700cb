#pragma once

#include <vector>

#include "thrum/comm/execution.h"
#include "thrum/data/formats/libsvm.h"
#include "thrum/model/model.h"

namespace thrum {

/// Whether the features are such as the columns of a LIBSVM file: numbers called "x" and an index.
bool reads_sparse_rows(const Schema& schema);

/// The same predictions as of a table of these rows, which is never made: those without a value for a feature have
/// zero there, and columns that are no features are not looked at. Throws cancelled. REQUIRES:
/// reads_sparse_rows(model.schema()).
std::vector<double> predict(const Model& model, const LibsvmData& rows, const Execution& execution);

}  // namespace thrum
