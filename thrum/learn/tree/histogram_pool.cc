#include "thrum/learn/tree/histogram_pool_internal.h"

namespace thrum {

GradientSum* HistogramPool::take() {
  if (free_.empty()) {
    // As many as give large pages something to be large for.
    constexpr std::size_t slab_bytes = std::size_t{1} << 22;
    const std::size_t n = 1 + slab_bytes / (1 + size_ * sizeof(GradientSum));
    slabs_.emplace_back(n * size_);
    for (std::size_t i = n; i-- > 0;) free_.push_back(slabs_.back().data() + i * size_);
  }
  GradientSum* histogram = free_.back();
  free_.pop_back();
  return histogram;
}

}  // namespace thrum
