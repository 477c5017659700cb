#include "thrum/learn/tree/row_sampler_internal.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "thrum/comm/row_blocks.h"
#include "thrum/learn/tree/row_hash_internal.h"

namespace thrum {

RowSampler::RowSampler(const GbdtOptions& options, std::size_t n_rows, std::size_t first_row,
                       const Execution& execution)
    : options_(options),
      execution_(execution),
      first_row_(first_row),
      bagging_(options.data_sample_strategy == "bagging" && options.subsample < 1),
      goss_(options.data_sample_strategy == "goss"),
      in_bag_(samples() ? n_rows : 0) {}

void RowSampler::draw(std::size_t round, std::span<const double> weights, MatrixView<float> g, MatrixView<float> h) {
  const auto period = static_cast<std::size_t>(options_.subsample_freq);
  const std::uint64_t key = derived_key(execution_.seed ^ 0x726f7773, goss_ ? round : round / period);
  // Gradients of the first rounds tell little (LightGBM begins after 1 / learning_rate rounds too).
  const bool all = goss_ && static_cast<double>(round) < 1 / options_.learning_rate;
  if (all) std::ranges::fill(in_bag_, std::uint8_t{1});
  if (!all && goss_) draw_by_gradient(key, g, h);
  if (bagging_) draw_bag(key);
  for (std::size_t i = 0; i < weights.size(); ++i) {
    if (weights[i] == 0) in_bag_[i] = 0;
  }
}

void RowSampler::draw_bag(std::uint64_t key) {
  parallel_for(*execution_.arena, in_bag_.size(), row_block, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) in_bag_[i] = unit_draw(key, first_row_ + i) < options_.subsample ? 1 : 0;
  });
}

void RowSampler::draw_by_gradient(std::uint64_t key, MatrixView<float> g, MatrixView<float> h) {
  // |g h| in 16 bits, which keep the order to within a percent.
  std::vector<std::uint16_t> keys(in_bag_.size());
  parallel_for(*execution_.arena, in_bag_.size(), row_block, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      float size = 0;
      for (std::size_t k = 0; k < g.rows(); ++k) size += std::abs(g(k, i) * h(k, i));
      keys[i] = static_cast<std::uint16_t>(std::bit_cast<std::uint32_t>(size) >> 15);
    }
  });
  const std::uint32_t lowest = lowest_top_key(keys);
  const double rate = std::min(1.0, options_.other_rate / (1 - options_.top_rate));
  const auto factor = static_cast<float>(1 / rate);
  parallel_for(*execution_.arena, in_bag_.size(), row_block, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      in_bag_[i] = 1;
      if (keys[i] >= lowest) continue;
      in_bag_[i] = unit_draw(key, first_row_ + i) < rate ? 1 : 0;
      for (std::size_t k = 0; k < g.rows() && in_bag_[i] != 0; ++k) {
        g(k, i) *= factor;
        h(k, i) *= factor;
      }
    }
  });
}

/// The key that about a share of top_rate of all rows reach.
std::uint32_t RowSampler::lowest_top_key(std::span<const std::uint16_t> keys) const {
  std::vector<std::int64_t> counts(65536);
  for (const std::uint16_t key : keys) ++counts[key];
  execution_.communicator->allreduce(std::span(counts), ReduceOp::sum);
  std::int64_t total = 0;
  for (const std::int64_t count : counts) total += count;
  const double wanted = options_.top_rate * static_cast<double>(total);
  std::int64_t above = 0;
  for (std::uint32_t key = 65536; key-- > 0;) {
    above += counts[key];
    if (static_cast<double>(above) > wanted) return key + 1;
  }
  return 0;
}

}  // namespace thrum
