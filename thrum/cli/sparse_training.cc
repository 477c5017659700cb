#include "thrum/cli/sparse_training.h"

#include <fmt/format.h>

#include <string>
#include <utility>

#include "thrum/cli/training.h"
#include "thrum/comm/row_blocks.h"
#include "thrum/data/dataset.h"
#include "thrum/runtime/memory_room_internal.h"

namespace thrum::cli {
namespace {

/// The labels as classes or numbers. No dataset is without a feature: one of zeros stands for all.
Dataset dataset_of_labels(const SparseJob& job) {
  Column label = label_table(job.rows).columns().front();
  const Task task = job.learner.task(job.options, label);
  std::vector<Column> columns = {std::move(label),
                                 Column::float64("x", std::vector<double>(job.rows.labels.size(), 0.0))};
  return Dataset(std::make_shared<const Table>(std::move(columns), job.rows.source), {.target = "label", .task = task});
}

std::vector<Feature> features_of(const LibsvmData& rows) {
  std::vector<Feature> features;
  for (std::size_t j = 0; j < rows.features.cols(); ++j) {
    features.push_back({.name = "x" + std::to_string(rows.first_index + j)});
  }
  return features;
}

/// Throws out_of_memory where not even what columns take beside the numbers in them, until a model of them is saved,
/// has room, or the rows of each rank, which are copies.
void check_room_of(const SparseJob& job, Scratch* scratch) {
  constexpr std::size_t in_all = 192, of_a_rank = 192;  // measured, as of a table's columns
  const linalg::CsrMatrix& X = job.rows.features;
  const auto ranks = static_cast<std::size_t>(job.ranks);
  const std::size_t copies = ranks == 1 ? 0 : X.n_values() * (dtype_size(X.dtype()) + sizeof(std::uint32_t));
  check_room(scratch, X.cols() * (in_all + of_a_rank * ranks) + copies,
             fmt::format("the {} columns of {} take", X.cols(), job.rows.source));
}

}  // namespace

std::unique_ptr<Model> train_sparse(const SparseJob& job, const Session& session) {
  const linalg::CsrMatrix& X = job.rows.features;
  check_n_columns(job.rows);
  check_room_of(job, session.scratch);
  const Dataset labels = dataset_of_labels(job);
  const Schema schema{.features = features_of(job.rows), .target = labels.schema().target};
  const std::vector<double> weights(job.row_mask.begin(), job.row_mask.end());
  const auto fit = [&](const Execution& execution) {
    const Communicator& communicator = *execution.communicator;
    const RowRange mine = rows_of_rank(X.rows(), communicator.rank(), communicator.size());
    const auto part = [&](std::span<const double> of_all) {
      return of_all.empty() ? of_all : of_all.subspan(mine.begin, mine.size());
    };
    const SparseRows all{X, labels.y(), weights};
    if (communicator.size() == 1) return fit_sparse(job.learner, all, schema, job.options, execution);
    const linalg::CsrMatrix own = X.part(mine.begin, mine.end);
    return fit_sparse(job.learner, {own, part(all.y), part(weights), mine.begin}, schema, job.options, execution);
  };
  return fit_on_ranks(job.ranks, session, fit);
}

}  // namespace thrum::cli
