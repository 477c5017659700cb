#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "thrum/learn/learner.h"
#include "thrum/learn/linear/design_matrix_internal.h"
#include "thrum/learn/linear/encoded_fits_internal.h"
#include "thrum/learn/linear/gathered_rows_internal.h"
#include "thrum/learn/linear/logistic_problem_internal.h"
#include "thrum/learn/linear/logistic_regression.h"
#include "thrum/learn/linear/shared_search_internal.h"

namespace thrum {

/// The logistic regressions over one design matrix. They minimise in its columns' units, with the penalty in their own:
/// scales then change the optimum as they should, and the search not at all. Their searches go side by side: each pass
/// over X evaluates all of them, and a model has the same bits as if it were fitted alone. Refers to the dataset and
/// the execution.
template <class T>
class LogisticFits {
 public:
  LogisticFits(const Dataset& dataset, const Encoder& encoder, const Execution& execution, RowStorage storage)
      : dataset_(dataset), execution_(execution), encoder_(encoder), x_(dataset, encoder_, execution, storage) {}

  /// One model per member of the group (collective). REQUIRES: the encoder is that of the group; check_rows accepts the
  /// specs.
  std::vector<std::unique_ptr<Model>> fit(std::span<const FitSpec> specs, const EncodedFits& group);
  /// The same where the group's encoder, and that of its members, comes from a sample: the first pass of the searches
  /// over all rows measures these, and the models have the encoder of all rows. Empty where the sample has misled
  /// (collective).
  std::vector<std::unique_ptr<Model>> fit_and_measure(std::span<const FitSpec> specs, const EncodedFits& group);
  /// Where the searches of the members end, for those on other rows to begin (collective).
  std::vector<LbfgsResult> search(std::span<const FitSpec> specs, const EncodedFits& group);

 private:
  template <class Other>
  friend class LogisticFits;

  struct Rows {
    std::shared_ptr<const LogisticTargets<T>> targets;
    std::size_t n_rows;
  };
  /// One fit on its way.
  struct Fit {
    const FitSpec& spec;
    const Encoder* own;
    Rows rows;
    std::string solver;  ///< its name, and where it was chosen the reason
    SharedSearch<T> search;

    const LogisticRegressionOptions& options() const { return spec.options->as<LogisticRegressionOptions>(); }
  };

  void run(std::span<const FitSpec> specs, const EncodedFits& group, std::span<const LbfgsResult> near);
  /// near: where the search begins; null: as the spec says.
  std::unique_ptr<Fit> prepare(const FitSpec& spec, const Encoder& own, const LbfgsResult* near);
  Rows rows_of(const FitSpec& spec) const;
  std::vector<double> start_of(const FitSpec& spec, std::size_t n_parameters, std::size_t n_outputs) const;
  SagaProblem saga_problem(const FitSpec& spec, const L1Penalty& l1, std::vector<double> l2);
  std::vector<std::unique_ptr<Model>> models();
  std::unique_ptr<Model> model(Fit& fit) const;
  /// Standard errors and likelihood, or why there are none; in double precision, and whether there is a minimum.
  void infer(const Fit& fit, std::span<const double> parameters, LogisticRegressionModel::Parts& parts) const;
  void infer_from(std::vector<double> hessian, const Fit& fit, LogisticRegressionModel::Parts& parts) const;
  void warn(const TrainingRecord& record, const LbfgsResult& result, const LogisticRegressionOptions& options) const;

  const Dataset& dataset_;
  const Execution& execution_;
  const Encoder& encoder_;
  DesignMatrix<T> x_;
  std::shared_ptr<const GatheredRows> gathered_;  ///< the same rows, of all ranks, once a solver wants them so
  std::vector<std::unique_ptr<Fit>> fits_;
  std::optional<Encoder> measured_;  ///< of all rows, where that of the matrix comes from a sample
};

}  // namespace thrum
