#pragma once

#include <memory>
#include <span>
#include <vector>

#include "thrum/learn/learner.h"
#include "thrum/learn/linear/design_matrix_internal.h"
#include "thrum/learn/linear/encoded_fits_internal.h"
#include "thrum/learn/linear/log_linear_regression.h"
#include "thrum/learn/linear/shared_search_internal.h"

namespace thrum {

/// The loss that is minimised, of a row whose margin is log(y): the deviance is 0 there.
double loss_at_own(MeanFamily family, double y);

/// The regressions of means over one design matrix: as LogisticFits, whose kernel and searches they use.
template <class T>
class LogLinearFits {
 public:
  LogLinearFits(MeanFamily family, const Dataset& dataset, const Encoder& encoder, const Execution& execution,
                RowStorage storage)
      : family_(family),
        dataset_(dataset),
        execution_(execution),
        encoder_(encoder),
        x_(dataset, encoder_, execution, storage) {}

  /// One model per member of the group (collective). REQUIRES: the encoder is that of the group; check_rows accepts the
  /// specs.
  std::vector<std::unique_ptr<Model>> fit(std::span<const FitSpec> specs, const EncodedFits& group);
  /// Where the searches of the members end, for those on other rows to begin (collective).
  std::vector<LbfgsResult> search(std::span<const FitSpec> specs, const EncodedFits& group);

 private:
  template <class Other>
  friend class LogLinearFits;

  struct Rows {
    std::shared_ptr<const LogisticTargets<T>> targets;
    std::size_t n_rows;
    double mean;         ///< of y
    double loss_at_own;  ///< the mean of the kernel's loss at z = log(y), where the deviance is 0
  };
  struct Fit {
    const FitSpec& spec;
    const Encoder& own;
    Rows rows;
    SharedSearch<T> search;

    const LogLinearRegressionOptions& options() const { return spec.options->as<LogLinearRegressionOptions>(); }
  };

  std::string_view name() const { return LogLinearRegression(family_).name(); }
  void run(std::span<const FitSpec> specs, const EncodedFits& group, std::span<const LbfgsResult> near);
  /// near: where the search begins; null: as the spec says.
  std::unique_ptr<Fit> prepare(const FitSpec& spec, const Encoder& own, const LbfgsResult* near) const;
  Rows rows_of(const FitSpec& spec) const;
  void check_targets(std::span<const double> weights) const;
  [[noreturn]] void refuse_sum(std::span<const double> weights) const;
  std::vector<double> start_of(const FitSpec& spec, double mean) const;
  std::unique_ptr<Model> model(Fit& fit) const;
  /// In double precision.
  void infer(const Fit& fit, const LbfgsResult& result, LinearRegressionModel::Parts& parts) const;
  void warn(const TrainingRecord& record, const LbfgsResult& result, double tol) const;

  MeanFamily family_;
  const Dataset& dataset_;
  const Execution& execution_;
  const Encoder& encoder_;
  DesignMatrix<T> x_;
  std::vector<std::unique_ptr<Fit>> fits_;
};

}  // namespace thrum
