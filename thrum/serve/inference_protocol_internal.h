#pragma once

#include "thrum/serve/exchange_internal.h"

namespace thrum::serving {

/// POST /v2/models/NAME/infer, the Open Inference Protocol (version 2 of KServe, Triton) with Triton's extension for
/// binary tensors. Outputs are "predictions", "probabilities" of a classification and, where they are asked for by
/// name, "contributions": (n, n_margins, n_features + 1), as Predictor::explain gives them.
void answer_inference(Exchange& exchange);
/// GET /v2/models/NAME/ready.
void answer_inference_ready(Exchange& exchange);

}  // namespace thrum::serving
