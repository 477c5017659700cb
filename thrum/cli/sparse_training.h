#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "thrum/cli/session.h"
#include "thrum/data/formats/libsvm.h"
#include "thrum/learn/sparse_learning.h"

namespace thrum::cli {

/// What one training of sparse rows is made of. REQUIRES: the learner does not need them dense with these options.
struct SparseJob {
  const Learner& learner;
  const Options& options;
  const LibsvmData& rows;
  std::vector<std::uint8_t> row_mask = {};  ///< 1: train on this row; empty: on all
  int ranks = 1;                            ///< each on its part of the rows, with its part of the threads
};

/// A model of the labels by the columns "x1", "x2", …, as train_model gives it of a table of these rows, and as
/// independent of threads and ranks. Throws as fit_sparse.
std::unique_ptr<Model> train_sparse(const SparseJob& job, const Session& session);

}  // namespace thrum::cli
