#pragma once

#include <memory>

#include "thrum/runtime/parallel.h"

namespace thrum {

/// REQUIRES, of both: slots > 1.
std::unique_ptr<Arena::Team> make_threads_team(int slots);
std::unique_ptr<Arena::Team> make_tbb_team(int slots);

}  // namespace thrum
