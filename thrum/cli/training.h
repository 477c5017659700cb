#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "thrum/cli/session.h"
#include "thrum/core/function_ref.h"
#include "thrum/core/options.h"
#include "thrum/data/dataset.h"
#include "thrum/data/prepare/pipeline.h"
#include "thrum/learn/learner.h"

namespace thrum::cli {

/// What one training is made of.
struct TrainingJob {
  const Learner& learner;
  const Options& options;
  Dataset dataset;
  std::vector<std::uint8_t> row_mask = {};  ///< 1: train on this row; empty: on all
  std::span<const PrepareStep> steps = {};  ///< that prepare the columns
  const Dataset* valid = nullptr;           ///< of the rows to watch; null: those that the mask leaves out
  const Model* start = nullptr;             ///< to go on from; not with steps
  int ranks = 1;                            ///< each on its part of the rows, with its part of the threads
};

/// The model, the same for any number of threads and ranks. Throws as Learner::fit_many.
std::unique_ptr<Model> train_model(const TrainingJob& job, const Session& session);

/// What `fit` makes on each of the ranks, which share the threads: that of the first.
std::unique_ptr<Model> fit_on_ranks(int ranks, const Session& session,
                                    FunctionRef<std::unique_ptr<Model>(const Execution&)> fit);

/// 1 for the rows to train on, 0 for `fraction` of the rows (rounded, at least one of each kind where there are two),
/// drawn by `seed`.
std::vector<std::uint8_t> training_mask(std::size_t n_rows, double fraction, std::uint64_t seed);
/// The same for rows of which those of equal `queries`, which `column` names, stay together: a fraction of the queries
/// is drawn. Throws Failure (data) where there is only one.
std::vector<std::uint8_t> training_mask(std::span<const std::uint32_t> queries, const std::string& column,
                                        double fraction, std::uint64_t seed);

/// 1 where the mask is 0.
std::vector<std::uint8_t> inverted(const std::vector<std::uint8_t>& mask);

}  // namespace thrum::cli
