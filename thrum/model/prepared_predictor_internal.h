#pragma once

#include <memory>
#include <string_view>

#include "thrum/model/engine_internal.h"
#include "thrum/model/predictor.h"

namespace thrum {

inline constexpr std::string_view prepared_engine = "prepared";

std::unique_ptr<Predictor> open_prepared(const ModelFile& image, Schema schema);

}  // namespace thrum
