#include <xxhash.h>

#include <algorithm>
#include <cstring>

#include "thrum/model/tree/distinct_rows_internal.h"

namespace thrum {

std::size_t DistinctRows::index_of(std::span<const double> row) {
  if (slots_.size() < 2 * (size() + 1)) grow();
  std::uint32_t& slot = slot_of(row);
  if (slot == 0) {
    values_.insert(values_.end(), row.begin(), row.end());
    slot = static_cast<std::uint32_t>(size());
  }
  return slot - 1;
}

std::size_t DistinctRows::index_of_frequent(std::span<const double> row) {
  constexpr std::size_t many = 4096;
  if (size() < many || size() < n_asked_ / 8 * 7) {
    ++n_asked_;
    return index_of(row);
  }
  values_.insert(values_.end(), row.begin(), row.end());
  return size() - 1;
}

/// Where the row is, or is to be.
std::uint32_t& DistinctRows::slot_of(std::span<const double> row) {
  const std::size_t last = slots_.size() - 1;
  std::size_t at = XXH3_64bits(row.data(), row.size_bytes()) & last;
  while (slots_[at] != 0 && std::memcmp(this->row(slots_[at] - 1).data(), row.data(), row.size_bytes()) != 0) {
    at = (at + 1) & last;
  }
  return slots_[at];
}

void DistinctRows::grow() {
  slots_.assign(std::max<std::size_t>(16, 2 * slots_.size()), 0);
  for (std::size_t i = 0; i < size(); ++i) slot_of(row(i)) = static_cast<std::uint32_t>(i + 1);
}

}  // namespace thrum
