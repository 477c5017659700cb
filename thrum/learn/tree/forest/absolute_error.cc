#include <algorithm>
#include <bit>
#include <numeric>

#include "thrum/learn/tree/forest/absolute_error_internal.h"

namespace thrum::forest {
namespace {

/// The sum of weight x |y - median| of rows of which `weight(node)` and `sum(node)` give the nodes of a MedianSums.
/// sorted: the targets in their order.
template <class Weight, class Sum>
double deviation(std::span<const double> sorted, double total_weight, double total_sum, Weight weight, Sum sum) {
  double weight_below = 0;
  double sum_below = 0;
  std::size_t below = 0;  // targets whose weights together are less than half
  for (std::size_t step = std::bit_floor(sorted.size()); step > 0; step /= 2) {
    const std::size_t node = below + step;
    if (node > sorted.size() || !(weight_below + weight(node) < total_weight / 2)) continue;
    below = node;
    weight_below += weight(node);
    sum_below += sum(node);
  }
  const double median = sorted[std::min(below, sorted.size() - 1)];
  return median * weight_below - sum_below + (total_sum - sum_below) - median * (total_weight - weight_below);
}

}  // namespace

void MedianSums::add(std::size_t i, double weight, double y) noexcept {
  for (std::size_t node = i + 1; node < weights_.size(); node += node & -node) {
    weights_[node] += weight;
    sums_[node] += weight * y;
  }
}

void AbsoluteError::begin(std::span<const SampleRow> rows) {
  const std::size_t n = rows.size();
  std::vector<std::uint32_t> order(n);
  std::iota(order.begin(), order.end(), 0U);
  std::ranges::sort(order, {}, [&](std::uint32_t i) { return std::pair(data_.y[rows[i].row], i); });
  sorted_.resize(n);
  position_.resize(n);
  weights_.resize(n);
  all_ = MedianSums(n);
  weight_ = 0;
  sum_ = 0;
  for (std::uint32_t p = 0; p < n; ++p) {
    const std::uint32_t i = order[p];
    sorted_[p] = data_.y[rows[i].row];
    position_[i] = p;
    weights_[i] = rows[i].count * data_.weight(rows[i].row);
    all_.add(p, weights_[i], sorted_[p]);
    weight_ += weights_[i];
    sum_ += weights_[i] * sorted_[p];
  }
  double below = 0;
  std::size_t p = 0;
  while (below + weights_[order[p]] < weight_ / 2) below += weights_[order[p++]];
  const bool is_half = below + weights_[order[p]] == weight_ / 2 && p + 1 < n;
  median_ = is_half ? sorted_[p] / 2 + sorted_[p + 1] / 2 : sorted_[p];
  loss_ = deviation(
      sorted_, weight_, sum_, [&](std::size_t node) { return all_.weight(node); },
      [&](std::size_t node) { return all_.sum(node); });
}

std::pair<double, double> AbsoluteError::order(std::uint32_t payload) const noexcept {
  return {weights_[payload], weights_[payload] * sorted_[position_[payload]]};
}

void AbsoluteError::Left::add(std::uint32_t payload) noexcept {
  const std::uint32_t p = node_.position_[payload];
  sums_.add(p, node_.weights_[payload], node_.sorted_[p]);
  weight_ += node_.weights_[payload];
  sum_ += node_.weights_[payload] * node_.sorted_[p];
}

double AbsoluteError::Left::score() const noexcept {
  const MedianSums& all = node_.all_;
  const double left = deviation(
      node_.sorted_, weight_, sum_, [&](std::size_t node) { return sums_.weight(node); },
      [&](std::size_t node) { return sums_.sum(node); });
  const double right = deviation(
      node_.sorted_, node_.weight_ - weight_, node_.sum_ - sum_,
      [&](std::size_t node) { return all.weight(node) - sums_.weight(node); },
      [&](std::size_t node) { return all.sum(node) - sums_.sum(node); });
  return -(left + right);
}

}  // namespace thrum::forest
