#pragma once

#include <cstddef>
#include <vector>

#include "thrum/learn/linear/zeroed_array_internal.h"
#include "thrum/learn/tree/gradient_grid_internal.h"

namespace thrum {

/// Histograms of equal size, used again and again. Not thread-safe.
class HistogramPool {
 public:
  explicit HistogramPool(std::size_t size) : size_(size) {}

  std::size_t size() const { return size_; }  ///< sums in each
  /// Holds whatever it held before.
  GradientSum* take();
  void give_back(GradientSum* histogram) { free_.push_back(histogram); }

 private:
  std::size_t size_;
  std::vector<ZeroedArray<GradientSum>> slabs_;
  std::vector<GradientSum*> free_;
};

}  // namespace thrum
