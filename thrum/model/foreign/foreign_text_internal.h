#pragma once

#include <string>

#include "thrum/core/json_internal.h"

namespace thrum {

/// A category as pandas holds it, which is text or a number: as a table of Thrum would name it.
std::string category_text(const Json& category);

}  // namespace thrum
