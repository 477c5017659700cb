#include "thrum/cli/progress_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "thrum/core/json_internal.h"

namespace thrum::cli {
namespace {

std::string bar(std::size_t done, std::size_t total) {
  constexpr std::size_t width = 20;
  const std::size_t filled = std::min(width, width * done / total);
  std::string text(width, ' ');
  std::fill_n(text.begin(), filled, '=');
  if (filled < width) text[filled] = '>';
  return "[" + text + "]";
}

}  // namespace

std::optional<double> remaining_seconds(const Progress::Report& report, double seconds) {
  if (report.total == 0 || report.done == 0 || report.done > report.total) return std::nullopt;
  return seconds * static_cast<double>(report.total - report.done) / static_cast<double>(report.done);
}

std::string progress_line(const Progress::Report& report, double seconds, std::size_t width) {
  std::string line(report.stage);
  if (report.total > 0) {
    line += fmt::format("  {}  {}/{}", bar(report.done, report.total), report.done, report.total);
  } else if (report.done > 0) {
    line += fmt::format("  {}", report.done);
  }
  if (!report.detail.empty()) line += fmt::format("  {}", report.detail);
  line += fmt::format("  {:.1f} s", seconds);
  if (const auto rest = remaining_seconds(report, seconds)) line += fmt::format("  ETA {:.1f} s", *rest);
  if (line.size() > width) line.resize(width);
  return line;
}

std::string progress_json(const Progress::Report& report, double seconds) {
  Json object = {{"event", "progress"}, {"stage", report.stage}, {"done", report.done}};
  object["total"] = report.total > 0 ? Json(report.total) : Json();
  if (!report.detail.empty()) object["detail"] = report.detail;
  object["seconds"] = seconds;
  const auto rest = remaining_seconds(report, seconds);
  object["eta_seconds"] = rest ? Json(*rest) : Json();
  return object.dump();
}

}  // namespace thrum::cli
