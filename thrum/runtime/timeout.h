#pragma once

#include <chrono>
#include <optional>

namespace thrum {

/// How long a call may wait, such as 100ms; none: for ever. Zero or less: not at all.
using Timeout = std::optional<std::chrono::nanoseconds>;

}  // namespace thrum
