#pragma once

#include <memory>
#include <span>
#include <string>

#include "thrum/serve/model_endpoint_internal.h"

namespace thrum::serving {

/// The answer to GET /openapi.json: the routes in OpenAPI 3.1, with the names, types and an example of each model. The
/// first model is the one of the routes that name none.
std::string openapi_text(std::span<const std::unique_ptr<ModelEndpoint>> models);

}  // namespace thrum::serving
