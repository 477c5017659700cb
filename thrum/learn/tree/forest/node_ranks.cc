#include "thrum/learn/tree/forest/node_ranks_internal.h"

#include <algorithm>

namespace thrum::forest {

void NodeRanks::read(std::span<const SampleRow> rows, std::span<const std::uint32_t> features) {
  constexpr std::size_t near = 256;
  n_rows_ = rows.size();
  ranks_.resize(std::max(ranks_.size(), features.size() * n_rows_));
  const std::size_t stride = table_.stride();
  for (std::size_t begin = 0; begin < n_rows_; begin += near) {
    const std::size_t end = std::min(n_rows_, begin + near);
    for (std::size_t j = 0; j < features.size(); ++j) {
      const std::uint16_t* column = table_.column(features[j]);
      std::uint16_t* ranks = ranks_.data() + j * n_rows_;
      for (std::size_t i = begin; i < end; ++i) ranks[i] = column[rows[i].row * stride];
    }
  }
}

}  // namespace thrum::forest
