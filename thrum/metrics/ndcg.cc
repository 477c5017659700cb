#include "thrum/metrics/ndcg.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>
#include <utility>
#include <vector>

#include "thrum/core/error.h"

namespace thrum::metrics {
namespace {

constexpr double largest_label = 31;

double dcg(std::span<const double> labels, std::span<const std::size_t> order, std::size_t k) {
  double sum = 0;
  for (std::size_t place = 0; place < std::min(k, order.size()); ++place) {
    sum += gain(labels[order[place]]) * discount(place);
  }
  return sum;
}

void check_inputs(std::span<const double> labels, std::span<const double> scores,
                  std::span<const std::uint32_t> queries) {
  if (labels.empty() || labels.size() != scores.size() || labels.size() != queries.size()) {
    throw Error(ErrorCode::invalid_argument,
                fmt::format("[ndcg] expected as many labels as scores and queries, got {}, {} and {}", labels.size(),
                            scores.size(), queries.size()));
  }
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (!(labels[i] >= 0 && labels[i] <= largest_label) || labels[i] != std::floor(labels[i])) {
      throw Error(ErrorCode::invalid_argument,
                  fmt::format("[ndcg] expected labels that are whole numbers from 0 to {}, got {} in row {}",
                              largest_label, labels[i], i));
    }
    if (!std::isfinite(scores[i])) {
      throw Error(ErrorCode::invalid_argument,
                  fmt::format("[ndcg] expected finite scores, got {} in row {}", scores[i], i));
    }
  }
}

}  // namespace

double gain(double label) noexcept {
  return std::ldexp(1.0, static_cast<int>(label)) - 1;
}

double discount(std::size_t place) noexcept {
  return 1 / std::log2(static_cast<double>(place) + 2);
}

double ideal_dcg(std::span<const double> labels, std::size_t k) {
  std::vector<double> sorted(labels.begin(), labels.end());
  std::ranges::sort(sorted, std::greater());
  double sum = 0;
  for (std::size_t place = 0; place < std::min(k, sorted.size()); ++place) sum += gain(sorted[place]) * discount(place);
  return sum;
}

double ndcg(std::span<const double> labels, std::span<const double> scores, std::size_t k) {
  const double ideal = ideal_dcg(labels, k);
  if (ideal == 0) return 1;
  std::vector<std::size_t> order(labels.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, {}, [&](std::size_t i) { return std::pair(-scores[i], i); });
  return dcg(labels, order, k) / ideal;
}

double mean_ndcg(std::span<const double> labels, std::span<const double> scores, std::span<const std::uint32_t> queries,
                 std::size_t k) {
  check_inputs(labels, scores, queries);
  std::vector<std::size_t> rows(labels.size());
  std::iota(rows.begin(), rows.end(), std::size_t{0});
  std::ranges::sort(rows, {}, [&](std::size_t i) { return std::pair(queries[i], i); });
  double sum = 0;
  std::size_t n_queries = 0;
  std::vector<double> y;
  std::vector<double> z;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    y.push_back(labels[rows[i]]);
    z.push_back(scores[rows[i]]);
    if (i + 1 < rows.size() && queries[rows[i + 1]] == queries[rows[i]]) continue;
    sum += ndcg(y, z, k);
    ++n_queries;
    y.clear();
    z.clear();
  }
  return sum / static_cast<double>(n_queries);
}

}  // namespace thrum::metrics
