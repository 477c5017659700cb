#pragma once

#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "thrum/learn/learner.h"
#include "thrum/learn/linear/curvature_internal.h"
#include "thrum/learn/linear/descent_search_internal.h"
#include "thrum/learn/linear/design_matrix_internal.h"
#include "thrum/learn/linear/encoded_fits_internal.h"
#include "thrum/learn/linear/lbfgs_search_internal.h"
#include "thrum/learn/linear/logistic_problem_internal.h"
#include "thrum/learn/linear/logistic_regression.h"
#include "thrum/learn/linear/logistic_solver_internal.h"

namespace thrum {

/// The logistic regressions over one design matrix. They minimise in its columns' units, with the penalty in their own:
/// scales then change the optimum as they should, and the search not at all. Their searches go side by side: each pass
/// over X evaluates all of them, and a model has the same bits as if it were fitted alone. Refers to the dataset and
/// the execution.
template <class T>
class LogisticFits {
 public:
  LogisticFits(const Dataset& dataset, const Encoder& encoder, const Execution& execution)
      : dataset_(dataset), execution_(execution), encoder_(encoder), x_(dataset, encoder_, execution) {}

  /// One model per member of the group (collective). REQUIRES: the encoder is that of the group; check_rows accepts the
  /// specs.
  std::vector<std::unique_ptr<Model>> fit(std::span<const FitSpec> specs, const EncodedFits& group);

 private:
  struct Rows {
    std::shared_ptr<const LogisticTargets<T>> targets;
    std::size_t n_rows;
  };
  /// One fit on its way.
  struct Fit {
    const FitSpec& spec;
    const Encoder& own;
    Rows rows;
    LogisticProblem<T> problem;
    BlockSample blocks;  ///< the rows that the search is on at present
    L1Penalty l1;
    ChosenSolver solver;
    std::optional<Curvature> curvature = {};  ///< the search may refer to it
    std::unique_ptr<PointSearch> search = {};

    const LogisticRegressionOptions& options() const { return spec.options->as<LogisticRegressionOptions>(); }
    LbfgsOptions limits() const;
    void begin(std::vector<double> start, const BlockSample& curvature_blocks, const LbfgsOptions& limits);
    /// Gives the search the Hessian that it wants.
    void add_hessian();
  };

  std::unique_ptr<Fit> prepare(const FitSpec& spec, const Encoder& own) const;
  Rows rows_of(const FitSpec& spec) const;
  void search_sample();
  void search_all_rows();
  std::vector<double> given_start(const Fit& fit) const;
  /// Until the searches of all fits are done.
  void search_together(bool report);
  std::vector<Fit*> searching() const;
  void report_progress(std::size_t& iterations) const;
  std::unique_ptr<Model> model(Fit& fit) const;
  /// Standard errors and likelihood, or why there are none.
  void infer(const Fit& fit, std::span<const double> parameters, LogisticRegressionModel::Parts& parts) const;
  void warn(const TrainingRecord& record, const LbfgsResult& result, const LogisticRegressionOptions& options) const;

  const Dataset& dataset_;
  const Execution& execution_;
  const Encoder& encoder_;
  DesignMatrix<T> x_;
  std::vector<std::unique_ptr<Fit>> fits_;
};

}  // namespace thrum
