#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "thrum/core/view.h"
#include "thrum/data/dataset.h"
#include "thrum/model/tree/tree.h"

namespace thrum {

/// The leaf of a row of raw values, as a model walks. REQUIRES: the tree fits the schema.
std::size_t raw_leaf(const Tree& tree, std::span<const double> row, const Schema& schema);

/// margins(k, i) = what `ensemble` says of this rank's row i: (n_margins, n_rows). REQUIRES: leaf_width is 1.
void write_raw_margins(const TreeEnsemble& ensemble, const Dataset& dataset, MatrixView<double> margins,
                       const Execution& execution);

}  // namespace thrum
