#pragma once

#include <string>

#include "thrum/runtime/machine.h"

namespace thrum::cli {

/// "2 CPUs by affinity, 1.5 by the quota of its control groups"
std::string allowed_text(const Machine& machine);

}  // namespace thrum::cli
