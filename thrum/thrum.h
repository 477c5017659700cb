#pragma once

/// The table of contents: what a program that uses Thrum may want, in the order in which data flows through it.
/// Include this, or only what you need.

// Errors and options
#include "thrum/core/error.h"
#include "thrum/core/log.h"
#include "thrum/core/options.h"
#include "thrum/core/random.h"
#include "thrum/core/tensor_view.h"
#include "thrum/core/view.h"

// Where and how work runs
#include "thrum/comm/communicator.h"
#include "thrum/comm/execution.h"
#include "thrum/comm/thread_communicator.h"
#include "thrum/runtime/advice/advice.h"
#include "thrum/runtime/advice/plan.h"
#include "thrum/runtime/advice/scaling.h"
#include "thrum/runtime/machine.h"
#include "thrum/runtime/parallel.h"
#include "thrum/runtime/parallel_calls.h"
#include "thrum/runtime/parallel_processes.h"
#include "thrum/runtime/process/init.h"
#include "thrum/runtime/process/process_pool.h"
#include "thrum/runtime/process/spawn.h"
#include "thrum/runtime/progress.h"
#include "thrum/runtime/scratch.h"
#include "thrum/runtime/sharing/barrier.h"
#include "thrum/runtime/sharing/condition.h"
#include "thrum/runtime/sharing/event.h"
#include "thrum/runtime/sharing/lock.h"
#include "thrum/runtime/sharing/pipe.h"
#include "thrum/runtime/sharing/queue.h"
#include "thrum/runtime/sharing/semaphore.h"
#include "thrum/runtime/sharing/shared_array.h"

// Results that are computed once
#include "thrum/cache/memory.h"

// Matrices
#include "thrum/linalg/add.h"
#include "thrum/linalg/cholesky.h"
#include "thrum/linalg/csr_matrix.h"
#include "thrum/linalg/gemm.h"
#include "thrum/linalg/gemv.h"
#include "thrum/linalg/qr.h"
#include "thrum/linalg/statistics.h"
#include "thrum/linalg/svd.h"
#include "thrum/linalg/symmetric_eigen.h"
#include "thrum/linalg/syrk.h"
#include "thrum/linalg/tensor_products.h"
#include "thrum/linalg/transpose.h"

// From a file to a data set
#include "thrum/data/csv.h"
#include "thrum/data/dataset.h"
#include "thrum/data/encoder.h"
#include "thrum/data/formats/data_file.h"
#include "thrum/data/formats/libsvm.h"
#include "thrum/data/schema.h"
#include "thrum/data/table.h"

// Training, models, predictions
#include "thrum/learn/learner.h"
#include "thrum/learn/linear/linear_regression.h"
#include "thrum/learn/linear/log_linear_regression.h"
#include "thrum/learn/linear/logistic_regression.h"
#include "thrum/learn/linear/matrix_rows.h"
#include "thrum/learn/linear/sgd.h"
#include "thrum/learn/linear/sparse_fits.h"
#include "thrum/learn/linear/stochastic_gradient_descent.h"
#include "thrum/learn/sparse_learning.h"
#include "thrum/learn/tree/forest/decision_tree.h"
#include "thrum/learn/tree/forest/extra_trees.h"
#include "thrum/learn/tree/forest/isolation_forest.h"
#include "thrum/learn/tree/forest/random_forest.h"
#include "thrum/learn/tree/gbdt.h"
#include "thrum/model/foreign/foreign_model.h"
#include "thrum/model/model.h"
#include "thrum/model/partial_dependence.h"
#include "thrum/model/permutation_importance.h"
#include "thrum/model/predict_sparse.h"
#include "thrum/model/predictor.h"
#include "thrum/model/tree/tree_explainer.h"
#include "thrum/model/tree/tree_importance.h"
#include "thrum/model/tree/tree_model.h"
#include "thrum/model/tree/tree_path.h"
#include "thrum/model/tree/tree_text.h"

// How good they are
#include "thrum/metrics/classification.h"
#include "thrum/metrics/evaluation.h"
#include "thrum/metrics/ndcg.h"
#include "thrum/metrics/ranking.h"
#include "thrum/metrics/regression.h"

// Answering requests
#include "thrum/serve/http_request.h"
#include "thrum/serve/http_response.h"
#include "thrum/serve/query.h"
#include "thrum/serve/serve_options.h"
#include "thrum/serve/server.h"
