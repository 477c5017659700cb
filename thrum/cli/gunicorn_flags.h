#pragma once

#include <map>
#include <string>

namespace thrum::cli {

/// gunicorn's flags that make no sense here, with what to do instead.
std::map<std::string, std::string> gunicorn_flags();

}  // namespace thrum::cli
