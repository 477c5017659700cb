#pragma once

#include <cstdint>
#include <string_view>

namespace thrum::cli {

/// "1G", "1.5GiB" (of 1024), "500MB" (of 1000) or plain bytes → bytes. Throws invalid_argument: "[name] expected a size
/// such as 500M, 1G or 10GB, got …".
std::uint64_t parse_byte_count(std::string_view name, std::string_view text);

}  // namespace thrum::cli
