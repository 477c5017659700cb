#pragma once

#include <string_view>

#include "thrum/serve/exchange_internal.h"

namespace thrum::serving {

/// Which outputs a protocol with one list of predictions asks for.
enum class OutputChoice { predictions, probabilities };

/// "predict" or "predict_proba", as scikit-learn calls them. Throws HttpError 400 for another name, and for
/// probabilities of a regression.
OutputChoice parse_output_choice(const Place& place, std::string_view name, const ModelEndpoint& model);

/// Writes the response `{"key":[…]}`.
void write_outputs(Exchange& exchange, std::string_view key, Outputs outputs, OutputChoice choice);

/// Where explanations are asked of a model that gives none.
[[noreturn]] void refuse_explanation(const Place& place);

}  // namespace thrum::serving
