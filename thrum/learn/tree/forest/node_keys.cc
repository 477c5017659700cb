#include "thrum/learn/tree/forest/node_keys_internal.h"

#include <algorithm>

namespace thrum::forest {

template <class Key>
void NodeKeys<Key>::read(const KeyView<Key>& table, std::span<const SampleRow> rows,
                         std::span<const std::uint32_t> features) {
  constexpr std::size_t near = 256;
  n_rows_ = rows.size();
  keys_.resize(std::max(keys_.size(), features.size() * n_rows_ + scan_padding));
  for (std::size_t begin = 0; begin < n_rows_; begin += near) {
    const std::size_t end = std::min(n_rows_, begin + near);
    for (std::size_t j = 0; j < features.size(); ++j) {
      const Key* column = table.column(features[j]);
      Key* keys = keys_.data() + j * n_rows_;
      for (std::size_t i = begin; i < end; ++i) keys[i] = column[rows[i].row * table.stride];
    }
  }
}

template class NodeKeys<std::uint16_t>;
template class NodeKeys<std::uint32_t>;

}  // namespace thrum::forest
