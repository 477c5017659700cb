#include "thrum/learn/tree/query_rows_internal.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace thrum {
namespace {

constexpr std::size_t queries_of_task = 16;

template <class T>
std::vector<T> gathered(std::span<const T> own, const Execution& execution) {
  std::vector<T> all;
  for (const auto& part : execution.communicator->allgatherv<T>(own)) all.insert(all.end(), part.begin(), part.end());
  return all;
}

}  // namespace

QueryRows::QueryRows(const Dataset& dataset, std::span<const double> weights, const Execution& execution)
    : execution_(execution),
      first_row_(dataset.first_row()),
      n_own_(dataset.n_rows()),
      y_(gathered(dataset.y(), execution)),
      weights_(gathered(weights, execution)) {
  const std::vector<std::uint32_t> queries = gathered(dataset.queries(), execution);
  for (std::size_t row = 0; row < queries.size(); ++row) {
    if (weights_.empty() || weights_[row] > 0) rows_.push_back(static_cast<std::uint32_t>(row));
  }
  std::ranges::sort(rows_, {}, [&](std::uint32_t row) { return std::pair(queries[row], row); });
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    if (i + 1 == rows_.size() || queries[rows_[i + 1]] != queries[rows_[i]]) ends_.push_back(i + 1);
  }
}

bool QueryRows::any_to_rank() const {
  for (std::size_t query = 0; query < size(); ++query) {
    const double first = y_[rows_[begin(query)]];
    for (std::size_t i = begin(query); i < ends_[query]; ++i) {
      if (y_[rows_[i]] != first) return true;
    }
  }
  return false;
}

QueryRows::Block QueryRows::block(std::size_t query, std::span<const double> margins) const {
  Block block;
  for (std::size_t i = begin(query); i < ends_[query]; ++i) {
    block.y.push_back(y_[rows_[i]]);
    block.margins.push_back(margins[rows_[i]]);
    if (!weights_.empty()) block.weights.push_back(weights_[rows_[i]]);
  }
  return block;
}

void QueryRows::gradients(const Objective& objective, std::span<const double> margins, std::span<float> g,
                          std::span<float> h) const {
  const std::vector<double> all = gathered(margins, execution_);
  const auto differentiate = [&](std::size_t query) {
    const std::span rows = std::span(rows_).subspan(begin(query), ends_[query] - begin(query));
    if (std::ranges::none_of(rows, [&](std::uint32_t row) { return is_own(row); })) return;
    std::vector<float> both(2 * rows.size());
    objective.gradients(block(query, all).rows(), {both.data(), 1, rows.size()},
                        {both.data() + rows.size(), 1, rows.size()});
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (!is_own(rows[i])) continue;
      g[rows[i] - first_row_] = both[i];
      h[rows[i] - first_row_] = both[rows.size() + i];
    }
  };
  parallel_for(
      *execution_.arena, size(), queries_of_task,
      [&](std::size_t first, std::size_t end) {
        for (std::size_t query = first; query < end; ++query) differentiate(query);
      },
      execution_.stop);
}

double QueryRows::mean_loss(const Objective& objective, std::span<const double> margins) const {
  const std::vector<double> all = gathered(margins, execution_);
  std::vector<double> losses(size());
  parallel_for(*execution_.arena, size(), queries_of_task, [&](std::size_t first, std::size_t end) {
    for (std::size_t query = first; query < end; ++query) losses[query] = objective.loss(block(query, all).rows());
  });
  return std::accumulate(losses.begin(), losses.end(), 0.0) / static_cast<double>(losses.size());
}

}  // namespace thrum
