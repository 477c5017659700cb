#pragma once

#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "thrum/learn/learner.h"
#include "thrum/learn/linear/curvature_internal.h"
#include "thrum/learn/linear/design_matrix_internal.h"
#include "thrum/learn/linear/lbfgs_search_internal.h"
#include "thrum/learn/linear/logistic_problem_internal.h"
#include "thrum/learn/linear/logistic_regression.h"

namespace thrum {

/// The logistic regressions over one design matrix. Their searches go side by side: each pass over X evaluates all of
/// them, and a model has the same bits as if it were fitted alone. Refers to the dataset and the execution.
template <class T>
class LogisticFits {
 public:
  LogisticFits(const Dataset& dataset, Encoder encoder, const Execution& execution)
      : dataset_(dataset), execution_(execution), encoder_(std::move(encoder)), x_(dataset, encoder_, execution) {}

  /// One model per spec (collective). REQUIRES: the encoder is that of each spec; check_rows accepts them.
  std::vector<std::unique_ptr<Model>> fit(std::span<const FitSpec* const> specs);

 private:
  struct Rows {
    std::shared_ptr<const LogisticTargets<T>> targets;
    std::size_t n_rows;
  };
  /// One fit on its way.
  struct Fit {
    const FitSpec& spec;
    Rows rows;
    LogisticProblem<T> problem;
    BlockSample blocks;                       ///< the rows that the search is on at present
    std::optional<Curvature> curvature = {};  ///< the search refers to it
    std::optional<LbfgsSearch> search = {};

    const LogisticRegressionOptions& options() const { return spec.options->as<LogisticRegressionOptions>(); }
    LbfgsOptions limits() const;
    void begin(std::vector<double> start, const BlockSample& curvature_blocks, const LbfgsOptions& limits);
  };

  std::unique_ptr<Fit> prepare(const FitSpec& spec, std::span<const std::unique_ptr<Fit>> before) const;
  Rows rows_of(const FitSpec& spec, std::span<const std::unique_ptr<Fit>> before) const;
  void search_sample();
  void search_all_rows();
  std::vector<double> given_start(const Fit& fit) const;
  /// Until the searches of all fits are done.
  void search_together(bool report);
  std::vector<Fit*> searching() const;
  void report_progress(std::size_t& iterations) const;
  std::unique_ptr<Model> model(Fit& fit) const;
  void warn(const TrainingRecord& record, const LbfgsResult& result, const LogisticRegressionOptions& options) const;

  const Dataset& dataset_;
  const Execution& execution_;
  Encoder encoder_;
  DesignMatrix<T> x_;
  std::vector<std::unique_ptr<Fit>> fits_;
};

}  // namespace thrum
