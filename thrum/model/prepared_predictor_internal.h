#pragma once

#include <memory>
#include <string_view>

#include "thrum/data/prepare/pipeline.h"
#include "thrum/model/engine_internal.h"
#include "thrum/model/predictor.h"

namespace thrum {

inline constexpr std::string_view prepared_engine = "prepared";

/// The image of a model behind a pipeline. `schema`: of the raw columns; `inner`: the image of the model, which must
/// outlive what is returned.
ModelFileBuilder prepared_image(const Schema& schema, const Pipeline& pipeline, ByteSpan inner);

std::unique_ptr<Predictor> open_prepared(const ModelFile& image, Schema schema);

}  // namespace thrum
