#include <algorithm>
#include <cmath>

#include "thrum/learn/tree/forest/criteria_internal.h"

namespace thrum::forest {
namespace {

bool same_targets(const ForestRows& data, std::span<const SampleRow> rows) {
  const double first = data.y[rows.front().row];
  return std::ranges::all_of(rows, [&](const SampleRow& row) { return data.y[row.row] == first; });
}

struct MomentSums {
  double weight = 0;
  double sum = 0;
};

/// Fills (n_rows) weights and sums, and adds them up.
MomentSums take_moments(const ForestRows& data, std::span<const SampleRow> rows, std::vector<double>& weights,
                        std::vector<double>& sums) {
  weights.resize(rows.size());
  sums.resize(rows.size());
  MomentSums total;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const double count = rows[i].count;
    weights[i] = count * data.weight(rows[i].row);
    sums[i] = count * data.moments[rows[i].row];
    total.weight += weights[i];
    total.sum += sums[i];
  }
  return total;
}

/// The weighted mean of the targets.
double mean_of(const ForestRows& data, std::span<const SampleRow> rows) {
  double total = 0;
  double sum = 0;
  const double first = data.y[rows.front().row];  // subtracted, so that equal targets have exactly their mean
  for (const SampleRow& row : rows) {
    const double weight = row.count * data.weight(row.row);
    total += weight;
    sum += weight * (data.y[row.row] - first);
  }
  return first + sum / total;
}

}  // namespace

void SquaredError::begin(std::span<const SampleRow> rows) {
  rows_ = rows;
  const MomentSums total = take_moments(data_, rows, weights_, sums_);
  weight_ = total.weight;
  sum_ = total.sum;
  is_pure_ = same_targets(data_, rows);
}

double SquaredError::loss() const noexcept {
  const double mean = sum_ / weight_;
  double loss = 0;
  for (std::size_t i = 0; i < sums_.size(); ++i) {
    const double deviation = sums_[i] / weights_[i] - mean;
    loss += weights_[i] * deviation * deviation;
  }
  return loss * scale();
}

void SquaredError::write_value(std::span<double> value) const {
  const bool is_class = data_.n_classes > 0;
  value[0] = is_class ? sum_ * (data_.moment_unit / data_.weight_unit) / weight_ : mean_of(data_, rows_);
}

void GiniOfTwo::begin(std::span<const SampleRow> rows) {
  payloads_.resize(std::max(payloads_.size(), rows.size() + scan_padding));
  total_ = 0;
  positive_ = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto positive = static_cast<std::uint32_t>(rows[i].count * rows[i].label);
    payloads_[i] = static_cast<std::uint16_t>(positive << 8 | rows[i].count);
    total_ += rows[i].count;
    positive_ += positive;
  }
}

double GiniOfTwo::loss() const noexcept {
  return 2 * static_cast<double>(positive_) * static_cast<double>(total_ - positive_) / weight();
}

void GiniOfTwo::write_value(std::span<double> value) const {
  value[0] = static_cast<double>(positive_) / weight();
}

void PoissonDeviance::begin(std::span<const SampleRow> rows) {
  rows_ = rows;
  const MomentSums total = take_moments(data_, rows, weights_, sums_);
  weight_ = total.weight;
  sum_ = total.sum;
  is_pure_ = same_targets(data_, rows);
  loss_ = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) loss_ += log_term(sums_[i], weights_[i]);
  loss_ = (loss_ - log_term(sum_, weight_)) * data_.moment_unit;
}

void PoissonDeviance::write_value(std::span<double> value) const {
  value[0] = mean_of(data_, rows_);
}

}  // namespace thrum::forest
