#pragma once

#include "thrum/serve/exchange_internal.h"

namespace thrum::serving {

/// POST /v1/models/NAME:predict, the REST protocol of TensorFlow Serving and version 1 of KServe: {"instances": rows} →
/// {"predictions": …}, {"inputs": columns} → {"outputs": …}. "signature_name" may be "predict_proba".
void answer_tensorflow(Exchange& exchange);
/// GET /v1/models/NAME.
void answer_tensorflow_status(Exchange& exchange);

}  // namespace thrum::serving
