#pragma once

#include <memory>
#include <span>
#include <string>

#include "thrum/serve/model_endpoint_internal.h"

namespace thrum::serving {

/// The answer to GET / for a browser: what is served, a form to try it, and how much is asked and how fast it is
/// answered. One file without others, which loads nothing from anywhere else.
std::string page_text(std::span<const std::unique_ptr<ModelEndpoint>> models);

/// What the page may do, for the field Content-Security-Policy.
inline constexpr const char* page_policy =
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; img-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

}  // namespace thrum::serving
