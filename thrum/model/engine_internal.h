#pragma once

#include <string_view>

#include "thrum/core/function_ref.h"
#include "thrum/data/schema.h"
#include "thrum/model/model_file.h"

namespace thrum {

/// Begins the image of a predictor: `engine` is its name in the table of open_predictor.
void add_engine(ModelFileBuilder& image, std::string_view engine, const Schema& schema);

/// Takes an image that is large: it decides where the bytes go.
using UseImage = FunctionRef<void(const ModelFileBuilder& image)>;

}  // namespace thrum
