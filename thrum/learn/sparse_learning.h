#pragma once

#include <memory>
#include <optional>

#include "thrum/learn/learner.h"
#include "thrum/learn/linear/sparse_fits.h"

namespace thrum {

/// Whether a learner takes, with some options, the rows of a sparse matrix as they are.
bool takes_sparse(const Learner& learner);

/// Why it does not with these, of a matrix of so many columns; nullopt where it does.
std::optional<DenseNeed> needs_dense(const Learner& learner, const Options& options, std::size_t n_columns);

/// The model of the columns of a sparse matrix, which are the features of `schema`, numbers all: the optimum that
/// Learner::fit_many finds of the same table. Rows that weigh nothing do not count. On several ranks each gives its
/// rows, which begin at a multiple of row_block of the rows of all (collective); the same bits for any number of
/// threads and ranks. Throws invalid_argument where it needs_dense, and as fit_many.
std::unique_ptr<Model> fit_sparse(const Learner& learner, const SparseRows& rows, const Schema& schema,
                                  const Options& options, const Execution& execution);

}  // namespace thrum
