#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "thrum/core/error.h"
#include "thrum/core/log.h"
#include "thrum/learn/linear/least_squares_fits_internal.h"
#include "thrum/learn/linear/least_squares_inference_internal.h"
#include "thrum/learn/linear/penalty_path_internal.h"

namespace thrum {
namespace {

constexpr const char* penalty_biases = "a penalty biases the coefficients; use linear-regression";

/// What sums of products in float leave of a square that is none, as a part of it.
constexpr double rounding_of_float = 1e-6;

}  // namespace

template <class T>
LeastSquaresFits<T>::LeastSquaresFits(LinearPenalty penalty, const Dataset& dataset, const Encoder& encoder,
                                      const Execution& execution)
    : penalty_(penalty),
      dataset_(dataset),
      encoder_(encoder),
      execution_(execution),
      x_(dataset, encoder, execution),
      grams_(dataset, x_, execution, name()) {}

template <class T>
std::vector<std::unique_ptr<Model>> LeastSquaresFits<T>::fit(std::span<const FitSpec> specs, const EncodedFits& group) {
  specs_ = specs;
  group_ = &group;
  std::vector<FitSpec> of_members;
  for (const EncodedFits::Member& member : group.members) of_members.push_back(specs[member.spec]);
  rows_of_ = grams_.compute(of_members, group.fit_intercept);
  std::vector<std::unique_ptr<Model>> models(group.members.size());
  const std::vector<Chain> all = chains();
  execution_.arena->run(all.size(), [&](std::size_t i) { fit_chain(all[i], models); });
  return models;
}

template <class T>
const LinearRegressionOptions& LeastSquaresFits<T>::options_of(std::size_t member) const {
  return specs_[group_->members[member].spec].options->template as<LinearRegressionOptions>();
}

template <class T>
std::vector<typename LeastSquaresFits<T>::Chain> LeastSquaresFits<T>::chains() const {
  std::vector<Chain> all;
  for (std::size_t i = 0; i < rows_of_.size(); ++i) {
    const LinearRegressionOptions& options = options_of(i);
    const auto same = std::ranges::find_if(all, [&](const Chain& chain) {
      const LinearRegressionOptions& other = options_of(chain.members[0]);
      return chain.rows == rows_of_[i] && other.standardize == options.standardize &&
             other.l1_ratio == options.l1_ratio && other.positive == options.positive;
    });
    if (same == all.end()) {
      all.push_back({rows_of_[i], {i}});
    } else {
      same->members.push_back(i);
    }
  }
  for (Chain& chain : all) {
    std::ranges::sort(chain.members, {}, [&](std::size_t i) { return std::pair(-options_of(i).alpha, i); });
  }
  return all;
}

template <class T>
double LeastSquaresFits<T>::l1_ratio_of(std::size_t member) const {
  if (penalty_ == LinearPenalty::l1) return 1;
  return penalty_ == LinearPenalty::elastic_net ? options_of(member).l1_ratio : 0;
}

/// On the scale of half the squared error.
template <class T>
ElasticNetPenalty LeastSquaresFits<T>::penalty_of(std::size_t member, double total_weight) const {
  const LinearRegressionOptions& options = options_of(member);
  if (penalty_ == LinearPenalty::none) return {0, 0, options.positive};
  const double strength = is_mean() ? total_weight * options.alpha : options.alpha;
  return {strength * l1_ratio_of(member), strength * (1 - l1_ratio_of(member)), options.positive};
}

template <class T>
void LeastSquaresFits<T>::fit_chain(const Chain& chain, std::span<std::unique_ptr<Model>> models) const {
  const Encoder& own = group_->members[chain.members[0]].own;
  const NormalEquations equations(chain.rows->gram, column_units(encoder_, own), group_->fit_intercept);
  if (!std::isfinite(equations.yy) || !std::ranges::all_of(equations.A, [](double a) { return std::isfinite(a); })) {
    throw Error(ErrorCode::invalid_argument,
                fmt::format("[{}] expected squares that {} can hold, some are not finite", name(),
                            options_of(chain.members[0]).dtype),
                "use standardize=true or dtype=float64, or divide the target");
  }
  std::vector<std::size_t> descending;
  for (const std::size_t member : chain.members) {
    execution_.check_stop(name().data());
    const ElasticNetPenalty penalty = penalty_of(member, chain.rows->total_weight);
    if (penalty.l1 > 0 || penalty.positive) {
      descending.push_back(member);
    } else {
      solve_directly(member, chain, equations, models[member]);
    }
  }
  if (!descending.empty()) descend({chain.rows, std::move(descending)}, equations, models);
}

template <class T>
void LeastSquaresFits<T>::solve_directly(std::size_t member, const Chain& chain, const NormalEquations& equations,
                                         std::unique_ptr<Model>& model) const {
  const double l2 = penalty_of(member, chain.rows->total_weight).l2;
  const DirectSolution solution = solve_normal_equations(equations, l2, sizeof(T) == 4 ? rounding_of_float : 0);
  const std::vector<double> q = equations.residual_products(solution.u);
  LinearRegressionModel::Parts parts = parts_of(member, chain, equations, solution.u);
  double objective = equations.squared_error(solution.u, q);
  if (l2 > 0) {
    parts.no_inference = penalty_biases;
  } else {
    infer({.gram = chain.rows->gram,
           .total_weight = chain.rows->total_weight,
           .squared_error = objective,
           .independent = solution.rank == solution.u.size(),
           .fit_intercept = group_->fit_intercept},
          encoder_, group_->members[member].own, parts);
  }
  for (std::size_t j = 0; j < q.size(); ++j) {
    objective += l2 * solution.u[j] * solution.u[j];
    parts.kkt = std::max(parts.kkt, std::abs(q[j] - l2 * solution.u[j]) / equations.total_weight);
  }
  parts.training.objective = is_mean() ? objective / (2 * equations.total_weight) : objective;
  parts.training.iterations = 1;
  parts.training.converged = true;
  parts.training.stopped_by = "the equations are solved";
  if (solution.rank < solution.u.size()) {
    parts.training.warnings.push_back(dependence_warning(solution.u.size(), solution.rank));
  }
  model = std::make_unique<LinearRegressionModel>(std::move(parts));
}

template <class T>
void LeastSquaresFits<T>::descend(const Chain& chain, const NormalEquations& equations,
                                  std::span<std::unique_ptr<Model>> models) const {
  const double ratio = l1_ratio_of(chain.members[0]);
  PenaltyPath path(equations, ratio > 0 ? (1 - ratio) / ratio : 0, options_of(chain.members[0]).positive);
  for (const std::size_t member : chain.members) {
    execution_.check_stop(name().data());
    const LinearRegressionOptions& options = options_of(member);
    const ElasticNetPenalty penalty = penalty_of(member, chain.rows->total_weight);
    const PenaltyPath::End end =
        path.solve(penalty, {.tolerance = options.tol, .max_epochs = static_cast<std::size_t>(options.max_iter)});
    const CoordinateDescent::Outcome& outcome = end.outcome;
    LinearRegressionModel::Parts parts = parts_of(member, chain, equations, end.descent.solution());
    const double total = equations.total_weight;
    parts.kkt = end.descent.kkt(penalty) / total;
    if (penalty.l1 > 0) parts.duality_gap = outcome.gap / total;
    parts.no_inference = penalty.l1 > 0 ? penalty_biases : "bounds on the coefficients bias them; use positive=false";
    parts.training.objective = end.descent.objective(penalty) * (is_mean() ? 1 / total : 2);
    parts.training.iterations = outcome.epochs;
    parts.training.converged = outcome.converged;
    parts.training.stopped_by = !outcome.converged ? "max_iter"
                                : penalty.l1 > 0   ? "the duality gap is within tol"
                                                   : "the conditions of optimality are within tol";
    models[member] = std::make_unique<LinearRegressionModel>(std::move(parts));
  }
}

/// The model of the solution u, without how it was found.
template <class T>
LinearRegressionModel::Parts LeastSquaresFits<T>::parts_of(std::size_t member, const Chain& chain,
                                                           const NormalEquations& equations,
                                                           std::span<const double> u) const {
  const FitSpec& spec = specs_[group_->members[member].spec];
  const Encoder& own = group_->members[member].own;
  const std::vector<double> units = column_units(encoder_, own);
  std::vector<double> parameters(u.begin(), u.end());
  double intercept = group_->fit_intercept ? equations.y_mean + grams_.y_shift() : 0;
  for (std::size_t j = 0; j < u.size(); ++j) {
    parameters[j] /= units[j];
    intercept -= parameters[j] * equations.x_mean[j];
  }
  parameters.push_back(intercept);
  std::vector<double> recoded = recode_parameters(parameters, encoder_, own);
  const double last = recoded.back();
  recoded.pop_back();
  return {.algorithm = name(),
          .schema = dataset_.schema(),
          .encoder = own,
          .coefficients = std::move(recoded),
          .intercept = last,
          .training = {.n_rows = chain.rows->n_rows,
                       .options_json = spec.options->json(),
                       .warnings = ignored_features(dataset_.schema(), own)}};
}

template class LeastSquaresFits<float>;
template class LeastSquaresFits<double>;

}  // namespace thrum
