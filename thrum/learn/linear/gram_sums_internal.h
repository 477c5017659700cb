#pragma once

#include <span>
#include <vector>

#include "thrum/comm/execution.h"
#include "thrum/learn/linear/design_matrix_internal.h"

namespace thrum {

/// The Gram matrices of (x, 1, y), (n_columns + 2)^2 row-major, lower triangle, one for each set of weights, over the
/// rows of all ranks (collective). y and the sets: (n_tiles * tile_rows) each, padded with zeros. Rows of weight zero
/// cost little: the others are gathered. Each matrix has the same bits whatever the other sets are, and for any number
/// of threads and ranks. Throws cancelled.
template <class T>
std::vector<std::vector<double>> gram_matrices(const DesignMatrix<T>& x, const T* y, std::span<const T* const> weights,
                                               const Execution& execution);

}  // namespace thrum
