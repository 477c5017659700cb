#pragma once

#include "thrum/serve/exchange_internal.h"

namespace thrum::serving {

/// POST /invocations, the scoring protocol of MLflow 2: JSON with one of dataframe_split, dataframe_records, instances
/// and inputs, or text/csv with a header; the reply is {"predictions": […]}. With {"params": {"predict_method":
/// "predict_proba"}} these are the probabilities.
void answer_invocations(Exchange& exchange);

}  // namespace thrum::serving
