#pragma once

#include <span>
#include <string>

#include "thrum/serve/model_set_internal.h"
#include "thrum/serve/scoreboard_internal.h"

namespace thrum::serving {

/// The answer to GET /metrics, in the text format of Prometheus, version 0.0.4.
std::string metrics_text(const Scoreboard& board, std::span<const ServedModel> models);

inline constexpr const char* metrics_content_type = "text/plain; version=0.0.4; charset=utf-8";

}  // namespace thrum::serving
