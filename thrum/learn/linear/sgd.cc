#include "thrum/learn/linear/sgd.h"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "thrum/comm/row_blocks.h"
#include "thrum/core/error.h"
#include "thrum/core/random.h"
#include "thrum/learn/linear/matrix_rows_internal.h"
#include "thrum/learn/linear/row_order_internal.h"
#include "thrum/learn/linear/sgd_output_internal.h"

namespace thrum {
namespace {

using O = SgdOptions;

[[noreturn]] void refuse(const std::string& what, const std::string& hint = "") {
  throw Error(ErrorCode::invalid_argument, fmt::format("[sgd] {}", what), hint);
}

std::vector<std::string> losses(Task task) {
  if (task == Task::classification) return {"log_loss", "hinge", "modified_huber"};
  return {"squared_error", "huber", "epsilon_insensitive"};
}

std::vector<OptionField> loss_fields(Task task) {
  const bool classes = task == Task::classification;
  std::vector<OptionField> list = {
      option_field("loss", &O::loss, losses(task),
                   classes
                       ? "log_loss: logistic regression; hinge: linear support vectors; modified_huber: smooth, and "
                         "patient with outliers"
                       : "squared_error: least squares; huber: outliers count by their distance; "
                         "epsilon_insensitive: support vectors"),
      option_field("penalty", &O::penalty, {"l2", "l1", "elasticnet", "none"}, "what keeps the weights small"),
      option_field("alpha", &O::alpha, Range{.low = 0, .low_open = true, .high_open = true},
                   "strength of the penalty; sets the steps of learning_rate=optimal too"),
      option_field("l1_ratio", &O::l1_ratio, Range{0, 1}, "part of |w|_1 in the penalty elasticnet"),
  };
  if (!classes) {
    list.push_back(option_field("epsilon", &O::epsilon, Range{.low = 0, .high_open = true},
                                "deviation from which huber counts by distance, and below which epsilon_insensitive "
                                "counts nothing"));
  }
  return list;
}

std::vector<OptionField> step_fields() {
  return {
      option_field("learning_rate", &O::learning_rate, {"constant", "optimal", "invscaling", "adaptive"},
                   "step t: eta0; 1/(alpha (t0 + t)); eta0/t^power_t; eta0, a fifth of it whenever tol is missed"),
      option_field("eta0", &O::eta0, Range{.low = 0, .low_open = true, .high_open = true}, "the first step"),
      option_field("power_t", &O::power_t, Range{.low = 0, .high_open = true}, "exponent of invscaling"),
      option_field("max_iter", &O::max_iter, Range{.low = 1}, "epochs at most"),
      option_field("tol", &O::tol, Range{.low = 0, .high_open = true},
                   "what an epoch has to lower the objective by, or it counts as one without change"),
      option_field("n_iter_no_change", &O::n_iter_no_change, Range{.low = 1},
                   "epochs without change that end training"),
      option_field("shuffle", &O::shuffle, Range{}, "the rows anew for each epoch, by the seed"),
      option_field("average", &O::average, Range{}, "the mean of the weights of all steps instead of the last"),
      option_field("fit_intercept", &O::fit_intercept, Range{}, "add a constant, which is not penalised"),
  };
}

std::vector<OptionField> fields_of(Task task) {
  std::vector<OptionField> list = loss_fields(task);
  for (OptionField& field : step_fields()) list.push_back(std::move(field));
  if (task == Task::classification) {
    list.push_back(option_field("class_weight", &O::class_weight, {},
                                "none, balanced, or label=weight,label=weight (labels left out: 1)"));
  }
  list.push_back(option_field("standardize", &O::standardize, Range{}, "numbers to mean 0 and deviation 1 before"));
  return list;
}

SgdRate rate_of(std::string_view name) {
  if (name == "constant") return SgdRate::constant;
  if (name == "optimal") return SgdRate::optimal;
  return name == "invscaling" ? SgdRate::invscaling : SgdRate::adaptive;
}

double l1_part(const SgdOptions& options) {
  if (options.penalty == "elasticnet") return options.l1_ratio;
  return options.penalty == "l1" ? 1 : 0;
}

void check_options(const SgdOptions& options, Task task) {
  Options described(options, SgdOptions::fields(task));
  for (const OptionField& field : described.fields()) described.set(field.name, described.get(field.name));
}

DenseRow row_of(const MatrixView<const double>& X, std::size_t i) {
  return {X.row(i)};
}
SparseRow row_of(const linalg::CsrMatrix& X, std::size_t i) {
  const auto row = X.row(i);
  return {row.columns, row.values};
}

/// The total weight.
template <class Matrix>
double check_rows(const MatrixRows<Matrix>& rows, std::size_t n_columns, std::size_t n_classes,
                  const Execution& execution) {
  if (rows.X.cols() != n_columns) refuse(fmt::format("expected {} columns, got {}", n_columns, rows.X.cols()));
  check_targets_and_weights("sgd", rows, n_classes, execution);
  double total = 0;
  for (std::size_t i = 0; i < rows.y.size(); ++i) {
    if (i % row_block == 0) execution.keep_within_limit();
    total += rows.weight(i);
  }
  if (!(total > 0)) refuse("no row has a weight above 0", "give rows with weights above 0");
  return total;
}

}  // namespace

SgdOptions SgdOptions::of(Task task) {
  if (task == Task::classification) return {};
  return {.loss = "squared_error", .learning_rate = "invscaling", .power_t = 0.25};
}

std::span<const OptionField> SgdOptions::fields(Task task) {
  static const std::array<std::vector<OptionField>, 2> lists = {fields_of(Task::classification),
                                                                fields_of(Task::regression)};
  return lists[task == Task::classification ? 0 : 1];
}

SgdPlan::SgdPlan(const SgdOptions& options)
    : loss(sgd_loss(options.loss)),
      rate(rate_of(options.learning_rate)),
      epsilon(options.epsilon),
      l1(options.penalty == "none" ? 0 : options.alpha * l1_part(options)),
      l2(options.penalty == "none" ? 0 : options.alpha * (1 - l1_part(options))),
      alpha(options.alpha),
      eta0(options.eta0),
      power_t(options.power_t),
      optimal_start(0),
      tol(options.tol),
      n_iter_no_change(options.n_iter_no_change),
      average(options.average),
      fit_intercept(options.fit_intercept) {
  // Bottou's heuristic: the first step is as large as a typical weight.
  const double typical_weight = std::sqrt(1 / std::sqrt(alpha));
  const double first_rate = typical_weight / std::max(1.0, slope_of(loss, epsilon, 1, -typical_weight));
  optimal_start = 1 / (first_rate * alpha);
}

struct Sgd::State {
  SgdOptions options;
  std::size_t n_columns;
  std::size_t n_classes;
  std::uint64_t seed;
  std::vector<SgdOutput> outputs;
  std::uint64_t n_orders = 0;  ///< epochs that have been begun

  /// What output k learns for target y.
  double target(std::size_t k, double y) const {
    if (n_classes == 0) return y;
    if (n_classes == 2) return y == 1 ? 1 : -1;
    return y == static_cast<double>(k) ? 1 : -1;
  }

  /// The order of the rows in the next epoch.
  RowOrder next_order(std::size_t n_rows) {
    return {n_rows, n_columns, options.shuffle, Random(seed, 0x736764 + (n_orders++ << 32))};  // a stream of its own
  }

  /// The steps of each output that is not done, for one of these rows after another.
  template <class Matrix>
  void walk(const MatrixRows<Matrix>& rows, std::span<const std::size_t> order, const Execution& execution) {
    const auto walk_output = [&](std::size_t k) {
      const std::size_t between_looks = RowOrder::rows_between_looks(n_columns);
      for (std::size_t t = 0; t < order.size() && !outputs[k].done(); ++t) {
        if (t % between_looks == 0) {
          if (execution.stop.stop_requested()) return;
          execution.keep_within_limit();
        }
        const std::size_t i = order[t];
        const double s = rows.weight(i);
        if (s > 0) outputs[k].step(row_of(rows.X, i), target(k, rows.y[i]), s);
      }
    };
    parallel_for(
        *execution.arena, outputs.size(), 1,
        [&](std::size_t begin, std::size_t end) {
          for (std::size_t k = begin; k < end; ++k) walk_output(k);
        },
        execution.stop);
  }
};

Sgd::Sgd(const SgdOptions& options, std::size_t n_columns, std::size_t n_classes, std::uint64_t seed) {
  check_options(options, n_classes == 0 ? Task::regression : Task::classification);
  if (n_classes == 1) refuse("expected two classes or more, got 1");
  const std::vector<SgdOutput> outputs(n_classes > 2 ? n_classes : 1, SgdOutput(SgdPlan(options), n_columns));
  state_ = std::make_unique<State>(options, n_columns, n_classes, seed, outputs);
}

Sgd::~Sgd() = default;
Sgd::Sgd(Sgd&&) noexcept = default;
Sgd& Sgd::operator=(Sgd&&) noexcept = default;

template <class Matrix>
bool Sgd::learn(const MatrixRows<Matrix>& rows, int n_epochs, const Execution& execution) {
  State& state = *state_;
  const double total_weight = check_rows(rows, state.n_columns, state.n_classes, execution);
  const auto all_done = [&] { return std::ranges::all_of(state.outputs, &SgdOutput::done); };
  for (SgdOutput& output : state.outputs) output.restart_test();
  for (int epoch = 0; epoch < n_epochs && !all_done(); ++epoch) {
    const RowOrder order = state.next_order(rows.X.rows());
    for (std::size_t w = 0; w < order.n_windows(); ++w) {
      state.walk(rows, order.window(w), execution);
      execution.check_stop("sgd");
    }
    for (SgdOutput& output : state.outputs) {
      if (!output.done()) output.end_epoch(total_weight);
    }
    if (!std::ranges::all_of(state.outputs, &SgdOutput::is_finite)) {
      refuse(fmt::format("the weights left the range of numbers in epoch {}", epoch + 1),
             "use a smaller eta0, a larger alpha, or features of a like scale");
    }
    execution.report({"fit", static_cast<std::size_t>(epoch + 1), static_cast<std::size_t>(n_epochs),
                      fmt::format("objective {:.6g}", objective())});
  }
  return all_done() && !has_diverged();
}

void Sgd::partial_fit(const DenseRows& rows, const Execution& execution) {
  learn(rows, 1, execution);
}
void Sgd::partial_fit(const SparseRows& rows, const Execution& execution) {
  learn(rows, 1, execution);
}
bool Sgd::fit(const DenseRows& rows, const Execution& execution) {
  return learn(rows, state_->options.max_iter, execution);
}
bool Sgd::fit(const SparseRows& rows, const Execution& execution) {
  return learn(rows, state_->options.max_iter, execution);
}

std::size_t Sgd::n_outputs() const noexcept {
  return state_->outputs.size();
}

std::size_t Sgd::n_epochs() const noexcept {
  std::size_t most = 0;
  for (const SgdOutput& output : state_->outputs) most = std::max(most, output.n_epochs());
  return most;
}

bool Sgd::has_diverged() const noexcept {
  return std::ranges::any_of(state_->outputs, &SgdOutput::has_diverged);
}

double Sgd::objective_at_zero() const noexcept {
  double sum = 0;
  for (const SgdOutput& output : state_->outputs) sum += output.objective_at_zero();
  return sum / static_cast<double>(n_outputs());
}

double Sgd::objective() const noexcept {
  double sum = 0;
  for (const SgdOutput& output : state_->outputs) sum += output.objective();
  return sum / static_cast<double>(n_outputs());
}

std::vector<double> Sgd::coefficients() const {
  std::vector<double> all;
  for (SgdOutput& output : state_->outputs) {
    const std::vector<double> of_one = output.coefficients();
    all.insert(all.end(), of_one.begin(), of_one.end());
  }
  return all;
}

std::vector<double> Sgd::intercepts() const {
  std::vector<double> all;
  for (const SgdOutput& output : state_->outputs) all.push_back(output.intercept());
  return all;
}

}  // namespace thrum
