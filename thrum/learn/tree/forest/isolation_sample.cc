#include "thrum/learn/tree/forest/isolation_sample_internal.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <unordered_set>

#include "thrum/core/random.h"

namespace thrum::forest {
namespace {

constexpr std::uint64_t stream_of_samples = 0x69736f6c;  ///< so that no other use of the seed meets it

/// `n_drawn` different numbers below n (Floyd's algorithm: Bentley, "A sample of brilliance", CACM 1987).
std::vector<std::uint32_t> draw_without_replacement(std::size_t n, std::size_t n_drawn, const Random& random) {
  std::unordered_set<std::uint32_t> taken;
  taken.reserve(n_drawn);
  for (std::size_t last = n - n_drawn; last < n; ++last) {
    const auto drawn = static_cast<std::uint32_t>(random.below(last, last + 1));
    if (!taken.insert(drawn).second) taken.insert(static_cast<std::uint32_t>(last));
  }
  std::vector<std::uint32_t> rows(taken.begin(), taken.end());
  std::ranges::sort(rows);
  return rows;
}

/// places[i]: how many of the rows before row i are drawn by any tree; one element more at the end.
std::vector<std::uint32_t> count_drawn(const SamplePlan& plan) {
  std::vector<std::uint32_t> is_drawn(plan.n_rows + 1, 0);
  if (plan.n_drawn == plan.n_rows) {
    std::ranges::fill(is_drawn, 1U);
  } else {
    for (std::size_t t = 0; t < plan.n_trees; ++t) {
      for (const std::uint32_t row : draw_rows(plan, t)) is_drawn[row] = 1;
    }
  }
  std::exclusive_scan(is_drawn.begin(), is_drawn.end(), is_drawn.begin(), 0U);
  return is_drawn;
}

/// The features of `rows`, which this rank holds: (n, n_features) row-major.
std::vector<double> read_rows(const Dataset& dataset, std::span<const std::size_t> rows, const Execution& execution) {
  constexpr double largest = std::numeric_limits<double>::max();
  const std::size_t width = dataset.reader().n_features();
  std::vector<double> values(rows.size() * width);
  const auto read = [&](std::size_t begin, std::size_t end) {
    std::vector<double> column(rows.size());
    for (std::size_t j = begin; j < end; ++j) {
      dataset.reader().read_feature_at(j, rows, column);
      for (std::size_t i = 0; i < rows.size(); ++i) {
        values[i * width + j] = std::isnan(column[i]) ? column[i] : std::clamp(column[i], -largest, largest);
      }
    }
  };
  parallel_for(*execution.arena, width, 8, read, execution.stop);
  return values;
}

}  // namespace

std::vector<std::uint32_t> draw_rows(const SamplePlan& plan, std::size_t t) {
  const Random random(plan.seed, (stream_of_samples << 32) + t);
  std::vector<std::uint32_t> rows(plan.n_drawn);
  if (plan.bootstrap) {
    for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = static_cast<std::uint32_t>(random.below(i, plan.n_rows));
    std::ranges::sort(rows);
    const auto repeated = std::ranges::unique(rows);
    rows.erase(repeated.begin(), repeated.end());
    return rows;
  }
  if (plan.n_drawn < plan.n_rows) return draw_without_replacement(plan.n_rows, plan.n_drawn, random);
  std::iota(rows.begin(), rows.end(), 0U);
  return rows;
}

DrawnRows::DrawnRows(const Dataset& dataset, std::span<const std::uint32_t> rows, const SamplePlan& plan,
                     const Execution& execution)
    : n_features_(dataset.reader().n_features()), places_(count_drawn(plan)) {
  std::vector<std::size_t> own;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const bool is_own = rows[i] >= dataset.first_row() && rows[i] - dataset.first_row() < dataset.n_rows();
    if (is_own && places_[i + 1] > places_[i]) own.push_back(rows[i]);
  }
  const std::vector<double> mine = read_rows(dataset, own, execution);
  for (const auto& part : execution.communicator->allgatherv<double>(mine)) {
    values_.insert(values_.end(), part.begin(), part.end());
  }
}

void DrawnRows::place(std::span<std::uint32_t> drawn) const {
  for (std::uint32_t& row : drawn) row = places_[row];
}

}  // namespace thrum::forest
