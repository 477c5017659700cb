#pragma once

#include <atomic>
#include <cstdint>

#include "thrum/serve/shared_table_internal.h"

namespace thrum::serving {

struct RouteCounts {
  std::atomic<std::uint64_t> requests;  ///< that were answered
};

/// How often each route was answered with each status: by its pattern, so that clients cannot make new ones, and the
/// status as text.
using RouteTable = SharedTable<RouteCounts, 1024>;

}  // namespace thrum::serving
