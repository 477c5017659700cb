#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "thrum/core/options.h"
#include "thrum/learn/linear/sparse_fits.h"

namespace thrum {

/// The weights of the rows times those of their classes (collective). Throws invalid_argument where fewer than two
/// classes have a weight, and for labels in class_weight that are none of `target`.
std::vector<double> weigh_classes(const SparseRows& rows, const Target& target, const std::string& class_weight,
                                  const Execution& execution, std::string_view where);

/// The same as the public fit, with the labels of `target` in class_weight.
SparseSolution fit_logistic_regression(const SparseRows& rows, const Target& target,
                                       const LogisticRegressionOptions& options, const Execution& execution);

/// How many rows count, of all ranks (collective).
std::size_t count_rows(const SparseRows& rows, const Execution& execution);

/// That leaves the columns as they are. REQUIRES: all features are numbers.
Encoder plain_encoder(const Schema& schema);

/// Of sgd-classifier and sgd-regressor: see dense_need.
std::optional<DenseNeed> sgd_dense_need(const Options& options);

/// The models of sparse matrices, as fit_sparse describes them. Of SGD the task of the target tells which.
std::unique_ptr<Model> train_logistic_regression(const SparseRows& rows, const Schema& schema, const Options& options,
                                                 const Execution& execution);
std::unique_ptr<Model> train_linear_regression(const SparseRows& rows, const Schema& schema, LinearPenalty penalty,
                                               const Options& options, const Execution& execution);
std::unique_ptr<Model> train_least_squares(const SparseRows& rows, const Schema& schema, const Options& options,
                                           const Execution& execution);
std::unique_ptr<Model> train_log_linear_regression(const SparseRows& rows, const Schema& schema, MeanFamily family,
                                                   const Options& options, const Execution& execution);
std::unique_ptr<Model> train_sgd(const SparseRows& rows, const Schema& schema, const Options& options,
                                 const Execution& execution);

}  // namespace thrum
