#include "thrum/comm/communicator.h"

#include <fmt/format.h>

#include <numeric>

#include "thrum/core/bytes.h"
#include "thrum/core/error.h"

namespace thrum {

std::vector<std::string> Communicator::allgather(std::string_view mine) {
  std::vector<std::string> texts;
  for (const auto& part : allgatherv_bytes(bytes_of(mine))) texts.emplace_back(text_of(part));
  return texts;
}

void Communicator::check_counts(std::span<const std::size_t> counts, std::size_t total) const {
  if (counts.size() != static_cast<std::size_t>(size())) {
    throw Error(ErrorCode::invalid_argument,
                fmt::format("[reduce_scatter] expected one count for each of {} ranks, got {}", size(), counts.size()));
  }
  const std::size_t sum = std::accumulate(counts.begin(), counts.end(), std::size_t{0});
  if (sum != total) {
    throw Error(ErrorCode::invalid_argument,
                fmt::format("[reduce_scatter] the counts must add up to {} elements, got {}", total, sum));
  }
}

void Communicator::check_root(int root) const {
  if (root >= 0 && root < size()) return;
  throw Error(ErrorCode::invalid_argument,
              fmt::format("[broadcast] the root must lie in [0, {}), got {}", size(), root));
}

}  // namespace thrum
