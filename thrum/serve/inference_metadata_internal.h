#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "thrum/serve/exchange_internal.h"

namespace thrum::serving {

/// GET /v2/models/NAME: what the model takes and gives.
void answer_inference_metadata(Exchange& exchange);
/// GET /v2/models/NAME/config: the same as a configuration of Triton's. "max_batch_size" is 0, which there means that
/// the shapes have the number of rows in them.
void answer_inference_config(Exchange& exchange);
/// GET /v1/models/NAME/metadata: the same as the signature of TensorFlow Serving.
void answer_tensorflow_metadata(Exchange& exchange);

/// What Triton's extension for statistics tells of the models of a name ("": of all) and a version ("": of every one),
/// from what all workers have counted since the server began. Times that are not measured have the count 0.
std::string statistics_text(std::span<const std::unique_ptr<ModelEndpoint>> models, std::string_view name,
                            std::string_view version);

}  // namespace thrum::serving
