#include "thrum/learn/linear/column_problem_internal.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include "thrum/comm/row_blocks.h"
#include "thrum/learn/linear/gathered_rows_internal.h"
#include "thrum/runtime/memory_room_internal.h"

namespace thrum {
namespace {

linalg::CsrMatrix turn(const linalg::CsrMatrix& rows, const Execution& execution) {
  check_room(execution.scratch, rows.n_values() * (dtype_size(rows.dtype()) + 2 * sizeof(std::uint32_t)),
             "the columns of the rows, beside these, take");
  return rows.transposed();
}

linalg::CsrMatrix gathered_of_several_ranks(const SparseProblem& problem) {
  if (problem.execution().communicator->size() == 1) return {};
  return gather_rows(problem.rows().X, {.where = problem.where(), .solver = "coordinate descent", .what = "column"},
                     problem.execution());
}

/// Those of all ranks, in parts of `total`.
std::vector<double> parts_of(const std::vector<double>& weights, double total, const Execution& execution) {
  const RowValues of_all(weights, execution);
  std::vector<double> parts(of_all.values().begin(), of_all.values().end());
  for (double& part : parts) part /= total;
  return parts;
}

}  // namespace

ColumnProblem::ColumnProblem(const SparseProblem& problem)
    : problem_(problem),
      n_outputs_(problem.n_outputs()),
      gathered_(gathered_of_several_ranks(problem)),
      rows_(problem.execution().communicator->size() == 1 ? problem.rows().X : gathered_),
      columns_(turn(rows_, problem.execution())),
      y_(problem.rows().y, problem.execution()),
      weights_(parts_of(problem.loss_weights(), problem.total_weight(), problem.execution())),
      slopes_(rows_.rows() * n_outputs_),
      seconds_(rows_.rows() * n_outputs_) {}

void ColumnProblem::set_row(std::size_t i, std::span<double> z, double& loss) {
  const double s = weights_[i];
  double* const slopes = slopes_.data() + i * n_outputs_;
  double* const seconds = seconds_.data() + i * n_outputs_;
  if (problem_.loss() == SparseLoss::softmax) {
    const auto own = static_cast<std::size_t>(y_.values()[i]);
    loss += s * softmax_loss(z, own);
    for (std::size_t k = 0; k < n_outputs_; ++k) {
      seconds[k] = z[k];
      slopes[k] = s * (z[k] - (k == own ? 1 : 0));
    }
    return;
  }
  const LossAndSlope at = loss_at(problem_.loss(), z[0], y_.values()[i]);
  loss += s * at.loss;
  slopes[0] = s * at.slope;
  const double p = std::abs(at.slope);
  seconds[0] = problem_.loss() == SparseLoss::squared ? s : s * p * (1 - p);
}

double ColumnProblem::set_rows(std::span<const double> w) {
  const std::size_t d = columns_.rows();
  const Execution& execution = problem_.execution();
  return parallel_reduce(
      *execution.arena, weights_.size(), row_block, 0.0,
      [&](std::size_t begin, std::size_t end) {
        std::vector<double> z(n_outputs_);
        double loss = 0;
        for (std::size_t i = begin; i < end; ++i) {
          const auto row = rows_.row(i);
          for (std::size_t k = 0; k < n_outputs_; ++k) {
            z[k] = w[n_outputs_ * d + k] + product(row, w.data() + k * d, 1);
          }
          set_row(i, z, loss);
        }
        return loss;
      },
      std::plus<>(), execution.stop);
}

double ColumnProblem::evaluate(std::span<const double> parameters, std::span<double> gradient) {
  const std::size_t d = columns_.rows();
  const double loss = set_rows(problem_.scaled(parameters));
  const auto add_up = [&](std::size_t begin, std::size_t end) {
    for (std::size_t j = begin; j < end; ++j) {
      const auto column = columns_.row(j);
      for (std::size_t k = 0; k < n_outputs_; ++k) {
        const std::size_t c = k * d + j;
        gradient[c] =
            product(column, slopes_.data() + k, n_outputs_) / problem_.scale(j) + problem_.l2() * parameters[c];
      }
    }
  };
  parallel_for(*problem_.execution().arena, d, columns_per_chunk, add_up, problem_.execution().stop);
  const auto intercepts = gradient.subspan(n_coefficients());
  std::ranges::fill(intercepts, 0.0);
  for (std::size_t i = 0; problem_.fits_intercept() && i < weights_.size(); ++i) {
    for (std::size_t k = 0; k < n_outputs_; ++k) intercepts[k] += slopes_[i * n_outputs_ + k];
  }
  double squares = 0;
  for (const double u : parameters.first(n_coefficients())) squares += u * u;
  return loss + 0.5 * problem_.l2() * squares;
}

}  // namespace thrum
