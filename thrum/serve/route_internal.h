#pragma once

#include <array>
#include <string>
#include <string_view>

#include "thrum/serve/http_request.h"

namespace thrum::serving {

/// What stands in a path for the names of its pattern: "/v2/models/{model}/infer".
struct RouteNames {
  std::string model = {};    ///< percent-decoded; "" where the pattern has none
  std::string version = {};  ///< the same
};

/// Whether `path` fits `pattern`, whose {model} and {version} each stand for one non-empty segment, or a part of it
/// before ':'. `names` is set then.
bool fits_route(std::string_view pattern, std::string_view path, RouteNames& names);

/// Of a segment; '%' stays where no two digits follow.
std::string percent_decoded(std::string_view segment);

}  // namespace thrum::serving
