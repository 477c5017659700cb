#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

#include "thrum/comm/row_blocks.h"
#include "thrum/core/error.h"
#include "thrum/core/log.h"
#include "thrum/learn/linear/least_squares_fits_internal.h"
#include "thrum/learn/linear/standard_errors_internal.h"

namespace thrum {
namespace {

/// Each penalty of a path is this part of the one before: 8 of them make a tenth.
const double path_ratio = std::pow(10, -1.0 / 8);
constexpr const char* penalty_biases = "a penalty biases the coefficients; use linear-regression";

/// The points of a path need not be exact: they are where the next one starts.
constexpr CoordinateDescent::Limits path_limits = {.tolerance = 1e-3, .max_epochs = 20};

/// A difference of sums keeps the digits of what it is taken from: two of them may be lost, not more.
constexpr double largest_cancellation = 200;

/// What sums of products in float leave of a square that is none, as a part of it.
constexpr double rounding_of_float = 1e-6;

template <class T>
ZeroedArray<T> padded(const DesignMatrix<T>& x, std::span<const double> values, const Execution& execution,
                      double shift = 0) {
  ZeroedArray<T> result(x.n_tiles() * x.tile_rows(), execution.scratch);
  parallel_for(*execution.arena, values.size(), row_block, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) result.data()[i] = static_cast<T>(values[i] - shift);
  });
  return result;
}

/// Walks down a path of penalties that depends on the equations only, each from the solution before.
class Path {
 public:
  /// l2_per_l1: the direction of the penalties.
  Path(const NormalEquations& equations, double l2_per_l1, bool positive)
      : equations_(equations),
        l2_per_l1_(l2_per_l1),
        positive_(positive),
        descent_(equations),
        l1_(largest_l1(equations, positive)) {}

  struct End {
    CoordinateDescent descent;
    CoordinateDescent::Outcome outcome;
  };
  /// The solution at `penalty`, which is never stronger than at the last call.
  End solve(const ElasticNetPenalty& penalty, const CoordinateDescent::Limits& limits) {
    End end{CoordinateDescent(equations_), {}};
    if (penalty.l1 > 0) {
      walk_to(penalty.l1);
      end.descent = descent_;
    }
    end.outcome = end.descent.minimize(penalty, limits);
    if (penalty.l1 > 0) end.outcome.epochs += epochs_;
    return end;
  }

 private:
  void walk_to(double l1) {
    while (l1_ * path_ratio > l1) {
      l1_ *= path_ratio;
      epochs_ += descent_.minimize({l1_, l1_ * l2_per_l1_, positive_}, path_limits).epochs;
    }
  }

  const NormalEquations& equations_;
  double l2_per_l1_;
  bool positive_;
  CoordinateDescent descent_;
  double l1_;
  std::size_t epochs_ = 0;
};

}  // namespace

template <class T>
LeastSquaresFits<T>::LeastSquaresFits(LinearPenalty penalty, const Dataset& dataset, const Encoder& encoder,
                                      const Execution& execution)
    : penalty_(penalty),
      dataset_(dataset),
      encoder_(encoder),
      execution_(execution),
      x_(dataset, encoder, execution),
      y_(0) {}

template <class T>
std::vector<std::unique_ptr<Model>> LeastSquaresFits<T>::fit(std::span<const FitSpec> specs, const EncodedFits& group) {
  specs_ = specs;
  group_ = &group;
  rows_.clear();
  rows_of_.clear();
  for (const EncodedFits::Member& member : group.members) rows_of_.push_back(rows_for(specs[member.spec], true));
  shift_target();
  compute_grams();
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
typename LeastSquaresFits<T>::Rows* LeastSquaresFits<T>::rows_for(const FitSpec& spec, bool is_needed) {
  for (const auto& other : rows_) {
    if (same_rows(other->spec, spec, *execution_.communicator)) return other.get();
  }
  const RowWeights weights = weigh_rows(dataset_, spec, execution_, name());
  rows_.push_back(
      std::make_unique<Rows>(spec, weights.total, weights.n_rows, padded<T>(x_, weights.values.values(), execution_)));
  rows_.back()->is_needed = is_needed;
  return rows_.back().get();
}

/// With an intercept the target may be moved: near zero squares keep their digits. The median of the first rows will
/// do, and is not moved far by a row that a mask leaves out.
template <class T>
void LeastSquaresFits<T>::shift_target() {
  y_shift_ = 0;
  if (group_->fit_intercept) {
    std::vector<double> first(dataset_.y().begin(), dataset_.y().begin() + static_cast<std::ptrdiff_t>(
                                                                               std::min(row_block, dataset_.n_rows())));
    const auto middle = first.begin() + static_cast<std::ptrdiff_t>(first.size() / 2);
    std::nth_element(first.begin(), middle, first.end());
    if (!first.empty()) y_shift_ = *middle;
    execution_.communicator->broadcast(std::span(&y_shift_, 1), 0);
  }
  y_ = padded<T>(x_, dataset_.y(), execution_, y_shift_);
}

/// Where a mask keeps most of the weight, the matrix is that of all rows less that of the rows left out, which are few.
/// Decided by the rows alone, so that the bits do not depend on the other fits.
template <class T>
void LeastSquaresFits<T>::plan_difference(Rows& rows) {
  FitSpec unmasked = rows.spec;
  unmasked.row_mask = {};
  Rows* all = rows_for(unmasked, false);
  if (!(rows.total_weight >= 0.5 * all->total_weight)) return;
  all->is_needed = true;
  rows.all = all;
  rows.left_out = ZeroedArray<T>(rows.weights.size());
  for (std::size_t i = 0; i < rows.left_out.size(); ++i) {
    if (rows.weights.data()[i] == 0) rows.left_out.data()[i] = all->weights.data()[i];
  }
}

template <class T>
void LeastSquaresFits<T>::compute_grams() {
  for (Rows* rows : rows_of_) {
    if (rows->all == nullptr && is_masked(rows->spec, *execution_.communicator)) plan_difference(*rows);
  }
  std::vector<Rows*> needed;
  for (const auto& rows : rows_) {
    if (rows->is_needed) needed.push_back(rows.get());
  }
  compute_gram_of(needed);
  std::vector<Rows*> cancelled;
  for (Rows* rows : needed) {
    if (rows->all == nullptr) continue;
    subtract_from_all(*rows);
    if (rows->gram.empty()) cancelled.push_back(rows);
  }
  for (Rows* rows : cancelled) rows->all = nullptr;
  compute_gram_of(cancelled);
}

/// Of the rows themselves, or of those left out.
template <class T>
void LeastSquaresFits<T>::compute_gram_of(std::span<Rows* const> rows) {
  std::vector<const T*> sets;
  for (const Rows* r : rows) sets.push_back(r->all == nullptr ? r->weights.data() : r->left_out.data());
  auto grams = gram_matrices(x_, y_.data(), std::span<const T* const>(sets), execution_);
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i]->gram = std::move(grams[i]);
}

/// The matrix becomes that of all rows less it, or is emptied where too many digits cancel.
template <class T>
void LeastSquaresFits<T>::subtract_from_all(Rows& rows) const {
  const std::vector<double>& all = rows.all->gram;
  for (std::size_t i = 0; i < all.size(); ++i) rows.gram[i] = all[i] - rows.gram[i];
  const std::size_t n = x_.n_columns() + 2;
  for (std::size_t i = 0; i < n; ++i) {
    if (all[i * n + i] > largest_cancellation * rows.gram[i * n + i]) return rows.gram.clear();
  }
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
  infer(member, chain, objective, solution.rank == solution.u.size(), parts);
  for (std::size_t j = 0; j < q.size(); ++j) {
    objective += l2 * solution.u[j] * solution.u[j];
    parts.kkt = std::max(parts.kkt, std::abs(q[j] - l2 * solution.u[j]) / equations.total_weight);
  }
  parts.training.objective = is_mean() ? objective / (2 * equations.total_weight) : objective;
  parts.training.iterations = 1;
  parts.training.converged = true;
  parts.training.stopped_by = "the equations are solved";
  if (solution.rank < solution.u.size()) {
    parts.training.warnings.push_back(
        fmt::format("of the {} columns only {} are independent of each other: of the coefficients that fit equally "
                    "well, the smallest were taken",
                    solution.u.size(), solution.rank));
  }
  model = std::make_unique<LinearRegressionModel>(std::move(parts));
}

template <class T>
void LeastSquaresFits<T>::descend(const Chain& chain, const NormalEquations& equations,
                                  std::span<std::unique_ptr<Model>> models) const {
  const double ratio = l1_ratio_of(chain.members[0]);
  Path path(equations, ratio > 0 ? (1 - ratio) / ratio : 0, options_of(chain.members[0]).positive);
  for (const std::size_t member : chain.members) {
    execution_.check_stop(name().data());
    const LinearRegressionOptions& options = options_of(member);
    const ElasticNetPenalty penalty = penalty_of(member, chain.rows->total_weight);
    const Path::End end =
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

template <class T>
void LeastSquaresFits<T>::infer(std::size_t member, const Chain& chain, double squared_error, bool independent,
                                LinearRegressionModel::Parts& parts) const {
  const double n_parameters = static_cast<double>(x_.n_columns() + (group_->fit_intercept ? 1 : 0));
  const double total = chain.rows->total_weight;
  if (penalty_of(member, total).l2 > 0) {
    parts.no_inference = penalty_biases;
  } else if (!independent) {
    parts.no_inference = dependent_columns;
  } else if (!(total > n_parameters)) {
    parts.no_inference = "there are not more rows than coefficients";
  } else if (!(squared_error > 0)) {
    parts.no_inference = "the fit is exact";
  }
  if (!parts.no_inference.empty()) return;
  const std::size_t n = x_.n_columns() + 1;
  const double variance = squared_error / (total - n_parameters);
  std::vector<double> information(n * n);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j <= i; ++j) information[i * n + j] = chain.rows->gram[i * (n + 1) + j] / variance;
  }
  auto errors = standard_errors(information, encoder_, group_->members[member].own, group_->fit_intercept);
  if (!errors) {
    parts.no_inference = dependent_columns;
    return;
  }
  parts.inference =
      Inference{.standard_errors = std::move(*errors),
                .log_likelihood = -0.5 * total * (std::log(2 * std::numbers::pi * squared_error / total) + 1),
                .n_rows = total,
                .n_parameters = n_parameters,
                .degrees_of_freedom = total - n_parameters};
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
  double intercept = group_->fit_intercept ? equations.y_mean + y_shift_ : 0;
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
