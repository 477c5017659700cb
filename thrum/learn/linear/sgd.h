#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "thrum/comm/execution.h"
#include "thrum/core/options.h"
#include "thrum/data/schema.h"
#include "thrum/learn/linear/matrix_rows.h"

namespace thrum {

struct SgdOptions {
  std::string loss = "log_loss";          ///< "log_loss", "hinge", "modified_huber"; or "squared_error", "huber",
                                          ///< "epsilon_insensitive"
  std::string penalty = "l2";             ///< "l2", "l1", "elasticnet", "none"
  double alpha = 1e-4;                    ///< strength of the penalty
  double l1_ratio = 0.15;                 ///< the part of |w|_1 in it, of elasticnet
  std::string learning_rate = "optimal";  ///< "constant", "optimal", "invscaling", "adaptive"
  double eta0 = 0.01;                     ///< the first step, where learning_rate is not optimal
  double power_t = 0.5;                   ///< of invscaling
  double epsilon = 0.1;                   ///< of huber and epsilon_insensitive
  int max_iter = 1000;                    ///< epochs
  double tol = 1e-3;                      ///< an epoch has to lower the objective by as much
  int n_iter_no_change = 5;               ///< epochs in a row that may fail to
  bool shuffle = true;                    ///< the rows anew for each epoch
  bool average = false;                   ///< the mean of all weights instead of the last
  bool fit_intercept = true;
  std::string class_weight = "none";  ///< of the learner of classes: as of LogisticRegressionOptions
  bool standardize = true;            ///< of the learners: numbers to mean 0 and deviation 1 before

  /// With the defaults of the task: those of a regression are squared_error and invscaling.
  static SgdOptions of(Task task);
  /// One description per option, from which flags, grids and metadata are made.
  static std::span<const OptionField> fields(Task task);
};

/// A linear model that learns from one row after another by stochastic gradient descent, as scikit-learn's
/// SGDClassifier and SGDRegressor: the steps, schedules, penalties (of L1 the cumulative one of Tsuruoka, Tsujii and
/// Ananiadou, ACL 2009) and the test that ends it are theirs. Of three classes or more each is learned against the
/// rest. The order of the rows follows from the seed alone, so that the weights are the same for any number of threads,
/// which the classes share. Of a sparse matrix they are those of the same dense one. Not thread-safe.
class Sgd {
 public:
  /// n_classes: 0 for a regression. Throws invalid_argument for options out of range.
  Sgd(const SgdOptions& options, std::size_t n_columns, std::size_t n_classes, std::uint64_t seed);
  ~Sgd();
  Sgd(Sgd&&) noexcept;
  Sgd& operator=(Sgd&&) noexcept;

  /// One epoch over the rows, which go on from where the last ended. Throws invalid_argument for shapes that do not
  /// fit, targets that are no class, weights that are negative or not finite, and weights of the model that leave the
  /// range of numbers; cancelled.
  void partial_fit(const DenseRows& rows, const Execution& execution);
  void partial_fit(const SparseRows& rows, const Execution& execution);

  /// Epochs until the objective no longer falls, max_iter at most; true where it was the former, and no output has
  /// diverged.
  bool fit(const DenseRows& rows, const Execution& execution);
  bool fit(const SparseRows& rows, const Execution& execution);

  std::size_t n_outputs() const noexcept;  ///< 1 for a regression and for two classes
  std::size_t n_epochs() const noexcept;   ///< of the output that had most
  /// The mean loss of the rows of the last epoch, each just before its step, with the penalty; mean of the outputs.
  double objective() const noexcept;
  /// Whether the objective of an output is more than twice that of no weights at all: the steps were too large.
  bool has_diverged() const noexcept;
  double objective_at_zero() const noexcept;  ///< that of no weights, for the rows of the last fit
  /// (n_outputs, n_columns) row-major, and (n_outputs); of the mean, where that is wanted.
  std::vector<double> coefficients() const;
  std::vector<double> intercepts() const;

 private:
  struct State;
  template <class Matrix>
  bool learn(const MatrixRows<Matrix>& rows, int n_epochs, const Execution& execution);
  std::unique_ptr<State> state_;
};

}  // namespace thrum
