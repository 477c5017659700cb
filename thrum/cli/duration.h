#pragma once

#include <string>
#include <string_view>

namespace thrum::cli {

/// "90s", "20m", "1.5h", "1h30m" or "2d" → seconds. Throws invalid_argument: "[name] expected a time such as 90s, 20m
/// or 1h30m, got …", and for a number without a unit "[name] expected a time with its unit (s, m, h or d) …".
double parse_duration(std::string_view name, std::string_view text);

/// 1120 → "18 min 40 s"; below a minute with a decimal: "3.5 s".
std::string duration_text(double seconds);

}  // namespace thrum::cli
