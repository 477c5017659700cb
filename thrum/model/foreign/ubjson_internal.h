#pragma once

#include <string_view>

#include "thrum/core/bytes.h"
#include "thrum/core/json_internal.h"

namespace thrum {

/// Universal Binary JSON (draft 12) as XGBoost writes it. Refused: nesting deeper than 64, keys twice in an object,
/// typed containers of what takes no bytes, numbers as text. Throws corrupt_data: "[where] …" with the byte.
Json parse_ubjson(ByteSpan bytes, std::string_view where);

}  // namespace thrum
