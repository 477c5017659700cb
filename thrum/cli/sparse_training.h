#pragma once

#include <memory>
#include <string>

#include "thrum/cli/session.h"
#include "thrum/data/formats/libsvm.h"
#include "thrum/learn/learner.h"

namespace thrum::cli {

/// Whether the learner, with these options, takes a sparse matrix as it takes a dense one.
bool trains_sparse(const Learner& learner, const Options& options);

/// A model of logistic regression of the labels by columns "x1", "x2", …, as a table of these rows gives it. Throws as
/// the learner.
std::unique_ptr<Model> train_sparse(const LibsvmData& rows, const Options& options, const Session& session);

}  // namespace thrum::cli
