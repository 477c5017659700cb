#pragma once

#include <string_view>

#include "thrum/model/foreign/foreign_parts_internal.h"

namespace thrum {

/// A model in LightGBM's text format (src/boosting/gbdt_model_text.cpp and src/io/tree.cpp of its sources). Throws
/// corrupt_data.
ForeignParts read_lightgbm(std::string_view text, const ForeignSource& source);

}  // namespace thrum
