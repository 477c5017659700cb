#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "thrum/core/view.h"
#include "thrum/learn/learner.h"
#include "thrum/learn/tree/gbdt.h"

namespace thrum {

/// Which rows the trees of a round learn from: all, a share drawn anew every few rounds, or those with large gradients
/// and a share of the others (GOSS: Ke et al. 2017). By the global row, so the same for any number of ranks.
class RowSampler {
 public:
  RowSampler(const GbdtOptions& options, std::size_t n_rows, std::size_t first_row, const Execution& execution);

  bool samples() const { return bagging_ || goss_; }

  /// in_bag[i] is 1 for the rows of this round; REQUIRES: samples(). Rows of weight 0 are out whatever is drawn. With
  /// GOSS the derivatives of the others that were drawn are multiplied so that sums keep their expected values; they
  /// are (n_margins, n_rows). Collective.
  void draw(std::size_t round, std::span<const double> weights, MatrixView<float> g, MatrixView<float> h);
  std::span<const std::uint8_t> in_bag() const { return in_bag_; }

 private:
  void draw_bag(std::uint64_t key);
  void draw_by_gradient(std::uint64_t key, MatrixView<float> g, MatrixView<float> h);
  std::uint32_t lowest_top_key(std::span<const std::uint16_t> keys) const;

  const GbdtOptions& options_;
  const Execution& execution_;
  std::size_t first_row_;
  bool bagging_;
  bool goss_;
  std::vector<std::uint8_t> in_bag_;
};

}  // namespace thrum
