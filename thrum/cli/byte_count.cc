#include "thrum/cli/byte_count.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

#include "thrum/core/error.h"

namespace thrum::cli {
namespace {

/// 0 for what is no unit.
double bytes_in(std::string_view unit) {
  if (unit.empty() || unit == "B") return 1;
  const std::size_t power = std::string_view("KMGT").find(unit[0] == 'k' ? 'K' : unit[0]);
  const std::string_view rest = unit.substr(1);
  if (power == std::string_view::npos || (!rest.empty() && rest != "iB" && rest != "B")) return 0;
  return std::pow(rest == "B" ? 1000 : 1024, static_cast<double>(power + 1));
}

}  // namespace

std::uint64_t parse_byte_count(std::string_view name, std::string_view text) {
  constexpr double most = 0x1.0p60;
  double number = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  const double unit = bytes_in(text.substr(static_cast<std::size_t>(parsed.ptr - text.data())));
  if (parsed.ec != std::errc() || unit == 0 || !(number >= 0) || number * unit > most) {
    throw Error(ErrorCode::invalid_argument,
                fmt::format("[{}] expected a size such as 500M, 1G or 10GB, got \"{}\"", name, text));
  }
  return static_cast<std::uint64_t>(number * unit);
}

}  // namespace thrum::cli
