#pragma once

#include <string_view>

namespace thrum::serving {

/// "0.1.0"
std::string_view version() noexcept;

}  // namespace thrum::serving
