#include "thrum/cli/training.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>
#include <optional>

#include "thrum/cli/exit_code.h"
#include "thrum/comm/thread_communicator.h"
#include "thrum/core/random.h"
#include "thrum/learn/prepared_learner.h"

namespace thrum::cli {
namespace {

std::unique_ptr<Model> fit_on_rank(const TrainingJob& job, const Execution& execution) {
  const Communicator& communicator = *execution.communicator;
  const Dataset rows = job.dataset.shard(communicator.rank(), communicator.size());
  FitSpec spec{.options = &job.options, .start = job.start};
  const std::vector<std::uint8_t> held_out = inverted(job.row_mask);
  std::optional<Dataset> valid;
  if (job.valid != nullptr) {
    valid = job.valid->shard(communicator.rank(), communicator.size());
    spec.valid = &*valid;
  }
  if (!job.row_mask.empty()) {
    spec.row_mask = std::span(job.row_mask).subspan(rows.first_row(), rows.n_rows());
    spec.valid = &rows;
    spec.valid_mask = std::span(held_out).subspan(rows.first_row(), rows.n_rows());
  }
  if (!job.steps.empty()) return fit_prepared(job.learner, rows, spec, job.steps, execution);
  return std::move(job.learner.fit_many(rows, {&spec, 1}, execution).front());
}

}  // namespace

std::unique_ptr<Model> fit_on_ranks(int ranks, const Session& session,
                                    FunctionRef<std::unique_ptr<Model>(const Execution&)> fit) {
  const int threads = std::max(1, session.threads / ranks);
  const auto on_rank = [&](Communicator& communicator) {
    const bool first = communicator.rank() == 0;
    Arena arena(threads);
    return fit(Execution{&arena, &communicator, session.seed(), first ? &session.console : nullptr, session.stop(),
                         session.scratch});
  };
  if (ranks == 1) return on_rank(*self_communicator());
  std::unique_ptr<Model> model;
  const auto keep_the_first = [&](Communicator& communicator) {
    auto mine = on_rank(communicator);
    if (communicator.rank() == 0) model = std::move(mine);
  };
  run_thread_ranks(ranks, keep_the_first, std::chrono::hours(1));
  return model;
}

std::unique_ptr<Model> train_model(const TrainingJob& job, const Session& session) {
  return fit_on_ranks(job.ranks, session, [&](const Execution& execution) { return fit_on_rank(job, execution); });
}

std::vector<std::uint8_t> training_mask(std::size_t n_rows, double fraction, std::uint64_t seed) {
  const auto wanted = static_cast<std::size_t>(std::llround(fraction * static_cast<double>(n_rows)));
  const std::size_t held_out = n_rows < 2 ? n_rows : std::clamp<std::size_t>(wanted, 1, n_rows - 1);
  const Random random(seed, 0x76616c6964);  // a stream of its own, so that no other use of the seed meets it
  std::vector<std::size_t> order(n_rows);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::vector<double> key(n_rows);
  for (std::size_t i = 0; i < n_rows; ++i) key[i] = random.uniform(i);
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return key[a] < key[b] || (key[a] == key[b] && a < b); });
  std::vector<std::uint8_t> mask(n_rows, 1);
  for (std::size_t i = 0; i < held_out; ++i) mask[order[i]] = 0;
  return mask;
}

std::vector<std::uint8_t> training_mask(std::span<const std::uint32_t> queries, const std::string& column,
                                        double fraction, std::uint64_t seed) {
  const std::size_t n_queries = queries.empty() ? 0 : std::ranges::max(queries) + std::size_t{1};
  if (n_queries < 2) {
    throw Failure(ExitCode::data, ErrorCode::invalid_argument,
                  fmt::format("\"{}\" has the same value in every row: a single query cannot be split", column),
                  "whole queries are held out, give rows of two or more");
  }
  const std::vector<std::uint8_t> of_queries = training_mask(n_queries, fraction, seed);
  std::vector<std::uint8_t> mask(queries.size());
  for (std::size_t row = 0; row < mask.size(); ++row) mask[row] = of_queries[queries[row]];
  return mask;
}

std::vector<std::uint8_t> inverted(const std::vector<std::uint8_t>& mask) {
  std::vector<std::uint8_t> other(mask.size());
  std::transform(mask.begin(), mask.end(), other.begin(), [](std::uint8_t keep) { return keep == 0 ? 1 : 0; });
  return other;
}

}  // namespace thrum::cli
