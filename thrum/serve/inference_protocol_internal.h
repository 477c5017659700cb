#pragma once

#include "thrum/serve/exchange_internal.h"

namespace thrum::serving {

/// POST /v2/models/NAME/infer, the Open Inference Protocol (version 2 of KServe, Triton) with Triton's extension for
/// binary tensors. Outputs are "predictions" and, of a classification, "probabilities".
void answer_inference(Exchange& exchange);
/// GET /v2/models/NAME: what the model takes and gives.
void answer_inference_metadata(Exchange& exchange);
/// GET /v2/models/NAME/ready.
void answer_inference_ready(Exchange& exchange);

}  // namespace thrum::serving
