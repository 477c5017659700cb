#pragma once

#include <memory>

#include "thrum/model/predictor.h"

namespace thrum::serving {

/// The same predictor, which deals the rows of a call to `n_threads` threads. Outputs are the same, bit for bit.
std::unique_ptr<Predictor> with_threads(std::unique_ptr<Predictor> predictor, int n_threads);

}  // namespace thrum::serving
