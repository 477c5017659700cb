#include "thrum/cli/duration.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <limits>

#include "thrum/core/error.h"

namespace thrum::cli {
namespace {

/// 0 for what is no unit.
double seconds_in(char unit) {
  switch (unit) {
    case 's':
      return 1;
    case 'm':
      return 60;
    case 'h':
      return 3600;
    case 'd':
      return 86400;
    default:
      return 0;
  }
}

/// Seconds are not what everybody means by 7.
void refuse_without_unit(std::string_view name, std::string_view text) {
  double number = 0;
  const char* const end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, number);
  if (text.empty() || parsed.ec != std::errc() || parsed.ptr != end) return;
  throw Error(
      ErrorCode::invalid_argument,
      fmt::format("[{}] expected a time with its unit (s, m, h or d) such as 90s, 12h or 7d, got \"{}\"", name, text));
}

}  // namespace

double parse_duration(std::string_view name, std::string_view text) {
  refuse_without_unit(name, text);
  double seconds = 0;
  double last_unit = std::numeric_limits<double>::infinity();
  const char* at = text.data();
  const char* const end = at + text.size();
  do {
    double number = 0;
    const auto parsed = std::from_chars(at, end, number);
    const double unit = parsed.ptr == end ? 0 : seconds_in(*parsed.ptr);
    // Units go down, so that 30m1h is seen as the slip that it is.
    if (parsed.ec != std::errc() || !(number >= 0) || unit == 0 || unit >= last_unit) {
      throw Error(ErrorCode::invalid_argument,
                  fmt::format("[{}] expected a time such as 90s, 20m or 1h30m, got \"{}\"", name, text));
    }
    seconds += number * unit;
    last_unit = unit;
    at = parsed.ptr + 1;
  } while (at != end);
  return seconds;
}

std::string duration_text(double seconds) {
  if (seconds < 60) return fmt::format("{:.3g} s", seconds);
  const double whole = std::round(seconds);
  const double days = std::floor(whole / 86400), hours = std::floor(std::fmod(whole, 86400) / 3600);
  const double minutes = std::floor(std::fmod(whole, 3600) / 60), rest = std::fmod(whole, 60);
  if (days > 0) return fmt::format("{:.0f} d {:.0f} h", days, hours);
  if (hours > 0) return fmt::format("{:.0f} h {:.0f} min", hours, minutes);
  return rest > 0 ? fmt::format("{:.0f} min {:.0f} s", minutes, rest) : fmt::format("{:.0f} min", minutes);
}

}  // namespace thrum::cli
