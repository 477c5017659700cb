#pragma once

#include <string>
#include <string_view>

#include "thrum/core/json_internal.h"
#include "thrum/serve/model_endpoint_internal.h"

namespace thrum::serving {

/// A row that the model takes, with usual values where it keeps any: {"age": 39, …}.
Json example_row(const ModelEndpoint& model);

/// What people want to know of a model, and a form for its rows needs: names, types, categories, an example, classes.
Json model_card(const ModelEndpoint& model);

/// For one segment of a path.
std::string percent_encoded(std::string_view text);

}  // namespace thrum::serving
