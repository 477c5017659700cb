#pragma once

#include <string_view>

#include "thrum/core/function_ref.h"
#include "thrum/core/json_internal.h"

namespace thrum {

/// parse_json of an object whose `key` holds an array of many objects: `take` gets them one by one, and of the array
/// the rest is left. At once they would take ten times the memory of their text.
Json parse_json_list(std::string_view text, std::string_view where, std::string_view key,
                     FunctionRef<void(const Json& object)> take);

}  // namespace thrum
