#pragma once

#include "thrum/serve/exchange_internal.h"

namespace thrum::serving {

/// POST /predict: {"instances": [row, …]} → {"predictions": […]} for a regression, for a classification
/// {"predictions": ["yes", …], "probabilities": [[0.2, 0.8], …], "classes": ["no", "yes"]}, and for anomalies
/// {"predictions": [0.71, …], "labels": ["anomaly", …]}. With "explain": true,
/// "explanations" tell what each feature adds to the margin (see Predictor::explain) of each row.
void answer_short(Exchange& exchange);

}  // namespace thrum::serving
