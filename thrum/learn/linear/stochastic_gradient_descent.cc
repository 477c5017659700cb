#include "thrum/learn/linear/stochastic_gradient_descent.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "thrum/core/error.h"
#include "thrum/core/log.h"
#include "thrum/core/printable.h"
#include "thrum/learn/check_ranges_internal.h"
#include "thrum/learn/linear/encoded_fits_internal.h"
#include "thrum/learn/linear/gathered_rows_internal.h"
#include "thrum/learn/linear/matrix_rows_internal.h"
#include "thrum/learn/linear/row_weights_internal.h"
#include "thrum/learn/linear/sparse_models_internal.h"
#include "thrum/model/linear/linear_regression_model.h"
#include "thrum/model/linear/logistic_regression_model.h"

namespace thrum {
namespace {

/// Fits that see the same encoded rows, with the same weights.
struct Group {
  std::vector<std::size_t> specs;
  Encoder encoder;
  GatheredRows rows;
  RowWeights own_weights;
  RowValues weights;  ///< of all ranks
};

RowByRow taker_of(std::string_view where) {
  return {where, "stochastic gradient descent"};
}

constexpr std::string_view diverged = "diverged";

std::string stopped_by(const Sgd& sgd, bool converged) {
  if (!sgd.has_diverged()) return converged ? "the objective no longer falls by tol" : "max_iter";
  return fmt::format("{}: with no weights at all the objective is {:.3g}", diverged, sgd.objective_at_zero());
}

TrainingRecord record_of(const Sgd& sgd, bool converged, std::size_t n_rows, const Options& options) {
  return {.n_rows = n_rows,
          .iterations = sgd.n_epochs(),
          .converged = converged,
          .objective = sgd.objective(),
          .stopped_by = stopped_by(sgd, converged),
          .options_json = options.json()};
}

std::unique_ptr<Model> model_of(const Sgd& sgd, const Schema& schema, const Encoder& encoder, TrainingRecord record) {
  if (schema.target.task == Task::regression) {
    return std::make_unique<LinearRegressionModel>(
        LinearRegressionModel::Parts{.algorithm = LinearRegressionModel::sgd_regressor,
                                     .schema = schema,
                                     .encoder = encoder,
                                     .coefficients = sgd.coefficients(),
                                     .intercept = sgd.intercepts()[0],
                                     .training = std::move(record)});
  }
  return std::make_unique<LogisticRegressionModel>(
      LogisticRegressionModel::Parts{.algorithm = LogisticRegressionModel::sgd_classifier,
                                     .schema = schema,
                                     .encoder = encoder,
                                     .coefficients = sgd.coefficients(),
                                     .intercepts = sgd.intercepts(),
                                     .training = std::move(record)});
}

void warn(const Model& model, std::string_view where, const Execution& execution) {
  if (execution.communicator->rank() != 0) return;
  const TrainingRecord& training = model.training();
  for (const std::string& warning : training.warnings) {
    log(LogLevel::warning, fmt::format("[{}] {}", where, warning));
  }
  if (training.converged) return;
  if (training.stopped_by.starts_with(diverged)) {
    log(LogLevel::warning,
        fmt::format("[{}] the steps were too large, the objective grew to {:.3g} ({}); use a smaller eta0, or "
                    "standardize=true",
                    where, training.objective, training.stopped_by));
    return;
  }
  log(LogLevel::warning, fmt::format("[{}] not converged after {} epochs: the objective still falls by more than tol; "
                                     "raise max_iter or tol",
                                     where, training.iterations));
}

class SgdFits {
 public:
  SgdFits(const Dataset& dataset, std::span<const FitSpec> specs, std::string_view where, const Execution& execution)
      : dataset_(dataset), specs_(specs), where_(where), execution_(execution) {}

  std::vector<std::unique_ptr<Model>> fit() {
    std::vector<std::unique_ptr<Model>> models(specs_.size());
    for (std::size_t i = 0; i < specs_.size(); ++i) {
      if (models[i]) continue;
      const Group group = gather(like(i, models));
      fit_group(group, models);
    }
    return models;
  }

 private:
  const SgdOptions& options(std::size_t spec) const { return specs_[spec].options->as<SgdOptions>(); }
  bool is_classifier() const { return dataset_.schema().target.task == Task::classification; }

  /// The specs from the i-th on that see the rows as it does.
  std::vector<std::size_t> like(std::size_t i, const std::vector<std::unique_ptr<Model>>& models) const {
    std::vector<std::size_t> alike;
    for (std::size_t k = i; k < specs_.size(); ++k) {
      if (models[k] || options(k).standardize != options(i).standardize) continue;
      if (options(k).class_weight != options(i).class_weight) continue;
      if (same_rows(specs_[i], specs_[k], *execution_.communicator)) alike.push_back(k);
    }
    return alike;
  }

  Group gather(std::vector<std::size_t> specs) const {
    const FitSpec& spec = specs_[specs[0]];
    const SgdOptions& first = options(specs[0]);
    RowWeights weights = is_classifier() ? weigh_rows(dataset_, spec, first.class_weight, execution_, where_)
                                         : weigh_rows(dataset_, spec, execution_, where_);
    RowValues of_all(weights.values.values(), execution_);
    const Encoder encoder = Encoder::fit(dataset_, spec.row_mask, spec.weights, first.standardize, execution_);
    return {.specs = std::move(specs),
            .encoder = encoder,
            .rows = gather_rows(dataset_, encoder, taker_of(where_), execution_),
            .own_weights = std::move(weights),
            .weights = std::move(of_all)};
  }

  void fit_group(const Group& group, std::vector<std::unique_ptr<Model>>& models) const {
    Execution each = execution_;
    if (group.specs.size() > 1 || execution_.communicator->rank() != 0) each.progress = nullptr;
    parallel_for(
        *execution_.arena, group.specs.size(), 1,
        [&](std::size_t begin, std::size_t end) {
          for (std::size_t k = begin; k < end; ++k) models[group.specs[k]] = model(group, group.specs[k], each);
        },
        execution_.stop);
    execution_.check_stop(where_.data());
    for (const std::size_t spec : group.specs) warn(*models[spec], where_, execution_);
  }

  std::unique_ptr<Model> model(const Group& group, std::size_t spec, const Execution& execution) const {
    const std::size_t n_classes = dataset_.schema().target.classes.size();
    Sgd sgd(options(spec), group.rows.n_columns, is_classifier() ? n_classes : 0, execution.seed);
    const MatrixView<const double> X = group.rows.matrix();
    const bool converged = sgd.fit(DenseRows{X, group.rows.y.values(), group.weights.values()}, execution);
    TrainingRecord record = record_of(sgd, converged, group.own_weights.n_rows, *specs_[spec].options);
    record.warnings = ignored_features(dataset_.schema(), group.encoder);
    return model_of(sgd, dataset_.schema(), group.encoder, std::move(record));
  }

  const Dataset& dataset_;
  std::span<const FitSpec> specs_;
  std::string_view where_;
  const Execution& execution_;
};

}  // namespace

std::string_view StochasticGradientDescent::name() const noexcept {
  return task_ == Task::classification ? LogisticRegressionModel::sgd_classifier : LinearRegressionModel::sgd_regressor;
}

std::string_view StochasticGradientDescent::summary() const noexcept {
  return task_ == Task::classification ? "linear classifier by stochastic gradient descent, of several losses"
                                       : "linear regression by stochastic gradient descent, of several losses";
}

std::optional<DenseNeed> sgd_dense_need(const Options& options) {
  if (!options.as<SgdOptions>().standardize) return std::nullopt;
  return DenseNeed{"standardize=true centres the columns, which leaves no zeros", "use standardize=false"};
}

std::unique_ptr<Model> train_sgd(const SparseRows& rows, const Schema& schema, const Options& options,
                                 const Execution& execution) {
  const std::string_view where = StochasticGradientDescent(schema.target.task).name();
  const std::size_t n_classes = schema.target.classes.size();
  check_targets_and_weights(where, rows, n_classes, execution);
  const auto& chosen = options.as<SgdOptions>();
  std::vector<double> weights(rows.weights.begin(), rows.weights.end());
  if (n_classes > 0) weights = weigh_classes(rows, schema.target, chosen.class_weight, execution, where);
  Communicator& communicator = *execution.communicator;
  const linalg::CsrMatrix gathered =
      communicator.size() > 1 ? gather_rows(rows.X, taker_of(where), execution) : linalg::CsrMatrix();
  const linalg::CsrMatrix& X = communicator.size() > 1 ? gathered : rows.X;
  const RowValues y(rows.y, execution), s(weights, execution);
  Sgd sgd(chosen, X.cols(), n_classes, execution.seed);
  const bool converged = sgd.fit(SparseRows{X, y.values(), s.values()}, execution);
  const std::size_t n_rows = count_rows(SparseRows{rows.X, rows.y, weights}, execution);
  auto model = model_of(sgd, schema, plain_encoder(schema), record_of(sgd, converged, n_rows, options));
  warn(*model, where, execution);
  return model;
}

std::vector<std::unique_ptr<Model>> StochasticGradientDescent::fit_many(const Dataset& dataset,
                                                                        std::span<const FitSpec> specs,
                                                                        const Execution& execution) const {
  const Target& target = dataset.schema().target;
  if (target.task != task_) {
    throw Error(ErrorCode::invalid_argument,
                fmt::format("[{}] expected a target of {}, {} is {}", name(),
                            task_ == Task::classification ? "classes" : "numbers", in_quotes(target.name),
                            target.task == Task::classification ? "one of classes" : "a number"));
  }
  for (const FitSpec& spec : specs) {
    check_ranges(*spec.options);
    check_rows(dataset, spec, name());
    if (spec.start == nullptr) continue;
    throw Error(ErrorCode::invalid_argument, fmt::format("[{}] a model to start from is not taken", name()),
                "go on with Sgd::partial_fit in C++");
  }
  return SgdFits(dataset, specs, name(), execution).fit();
}

}  // namespace thrum
