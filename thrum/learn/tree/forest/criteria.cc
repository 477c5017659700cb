#include <algorithm>

#include "thrum/learn/tree/forest/criteria_internal.h"

namespace thrum::forest {

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
  value[0] = is_class ? sum_ * (data_.moment_unit / data_.weight_unit) / weight_ : mean();
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
  NodeMoments::begin(rows);
  loss_ = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) loss_ += log_term(sums_[i], weights_[i]);
  loss_ = (loss_ - log_term(sum_, weight_)) * data_.moment_unit;
}

}  // namespace thrum::forest
