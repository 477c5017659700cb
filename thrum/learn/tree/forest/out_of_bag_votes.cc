#include "thrum/learn/tree/forest/out_of_bag_votes_internal.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "thrum/learn/tree/forest/rank_walk_internal.h"

namespace thrum::forest {
namespace {

constexpr int value_bits = 40;  ///< of one tree's value; the sum of eight million still fits

double largest_value(const ForestRows& rows) {
  if (rows.n_classes > 0) return 1;
  double largest = 0;
  for (const std::uint32_t row : rows.rows) largest = std::max(largest, std::abs(rows.y[row]));
  return largest;
}

std::vector<std::int64_t> of_all_ranks(const std::vector<std::atomic<std::int64_t>>& own, Communicator& communicator) {
  std::vector<std::int64_t> sums(own.begin(), own.end());
  communicator.allreduce(std::span(sums), ReduceOp::sum);
  return sums;
}

}  // namespace

OutOfBagVotes::OutOfBagVotes(const RankedTable& table, const ForestRows& rows)
    : table_(table), rows_(rows), sums_(table.n_rows() * rows.n_values()), n_trees_(table.n_rows()) {
  int exponent = 0;
  std::frexp(largest_value(rows), &exponent);
  unit_ = std::ldexp(1.0, exponent - value_bits);
}

void OutOfBagVotes::add(const Tree& tree, std::span<const SampleRow> sample) {
  const RankWalk walk(tree, table_);
  const std::size_t n_values = rows_.n_values();
  auto drawn = sample.begin();
  for (const std::uint32_t row : rows_.rows) {
    if (drawn != sample.end() && drawn->row == row) {
      ++drawn;
      continue;
    }
    const double* value = &tree.leaf_values[walk.leaf_of(row) * n_values];
    for (std::size_t k = 0; k < n_values; ++k) {
      const auto vote = static_cast<std::int64_t>(std::nearbyint(value[k] / unit_));
      sums_[row * n_values + k].fetch_add(vote, std::memory_order_relaxed);
    }
    n_trees_[row].fetch_add(1, std::memory_order_relaxed);
  }
}

OutOfBag OutOfBagVotes::result(Communicator& communicator) const {
  const std::vector<std::int64_t> sums = of_all_ranks(sums_, communicator);
  const std::vector<std::int64_t> n_trees = of_all_ranks(n_trees_, communicator);
  const std::size_t n_values = rows_.n_values();
  const std::size_t n_outputs = std::max<std::size_t>(1, rows_.n_classes);
  OutOfBag result;
  result.predictions.resize(n_trees.size() * n_outputs, std::numeric_limits<double>::quiet_NaN());
  for (std::size_t i = 0; i < n_trees.size(); ++i) {
    if (n_trees[i] == 0) continue;
    double* output = &result.predictions[i * n_outputs];
    for (std::size_t k = 0; k < n_values; ++k) {
      const double mean = static_cast<double>(sums[i * n_values + k]) / static_cast<double>(n_trees[i]) * unit_;
      output[n_outputs - n_values + k] = mean;
    }
    if (n_outputs == 2) output[0] = 1 - output[1];
  }
  score(result);
  return result;
}

void OutOfBagVotes::score(OutOfBag& result) const {
  const std::size_t n_outputs = std::max<std::size_t>(1, rows_.n_classes);
  double n = 0;
  double wrong = 0;  // rows, or squared errors
  double mean = 0;
  double squares = 0;
  for (const std::uint32_t row : rows_.rows) {
    const double* output = &result.predictions[row * n_outputs];
    if (std::isnan(*output)) continue;
    const double y = rows_.y[row];
    n += 1;
    if (rows_.n_classes > 0) {
      wrong += std::max_element(output, output + n_outputs) - output == static_cast<std::ptrdiff_t>(y) ? 0 : 1;
      continue;
    }
    wrong += (*output - y) * (*output - y);
    const double step = y - mean;
    mean += step / n;
    squares += step * (y - mean);
  }
  result.error = n > 0 ? wrong / n : 0;
  result.score = rows_.n_classes > 0 ? 1 - result.error : 1 - (squares > 0 ? wrong / squares : 0);
}

}  // namespace thrum::forest
