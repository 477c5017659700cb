#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

#include "thrum/data/row_generator_internal.h"

namespace thrum {

double RowDraws::uniform() noexcept {
  if (!half_used_) words_ = random_.bits(index_++);
  const std::size_t i = half_used_ ? 2 : 0;
  half_used_ = !half_used_;
  const std::uint64_t bits = std::uint64_t{words_[i]} << 32 | words_[i + 1];
  return static_cast<double>(bits >> 11) * 0x1.0p-53;
}

double RowDraws::normal() noexcept {
  has_spare_ = !has_spare_;
  if (!has_spare_) return spare_;
  const double radius = std::sqrt(-2.0 * std::log(1.0 - uniform()));
  const double angle = 2.0 * std::numbers::pi * uniform();
  spare_ = radius * std::sin(angle);
  return radius * std::cos(angle);
}

Weighted::Weighted(std::span<const double> weights) : cumulative_(weights.size()) {
  std::partial_sum(weights.begin(), weights.end(), cumulative_.begin());
}

std::size_t Weighted::draw(RowDraws& draws) const noexcept {
  const double point = draws.uniform() * cumulative_.back();
  const auto found = std::upper_bound(cumulative_.begin(), cumulative_.end() - 1, point);
  return static_cast<std::size_t>(found - cumulative_.begin());
}

std::int64_t fixed_point(double value, int decimals) noexcept {
  double scale = 1;
  for (int i = 0; i < decimals; ++i) scale *= 10;
  return std::llround(value * scale);
}

}  // namespace thrum
