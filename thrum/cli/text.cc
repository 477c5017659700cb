#include "thrum/cli/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace thrum::cli {
namespace {

/// Characters as they are seen: bytes without the followers of a UTF-8 character.
std::size_t shown_width(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

}  // namespace

std::string decimal(double number) {
  return std::abs(number) < 1e6 ? fmt::format("{:.6f}", number) : fmt::format("{:.6g}", number);
}

std::string byte_size(std::size_t bytes) {
  if (bytes < 1024) return counted(bytes, "byte");
  const char* units[] = {"KiB", "MiB", "GiB", "TiB"};
  double size = static_cast<double>(bytes) / 1024;
  std::size_t unit = 0;
  for (; size >= 1024 && unit < 3; ++unit) size /= 1024;
  return fmt::format("{:.1f} {}", size, units[unit]);
}

std::string json_text(const Json& object) {
  return dump_json(object, 2) + "\n";
}

std::string json_lines(std::string_view json, std::size_t depth) {
  std::string text;
  const auto new_line = [&] { text.append(1, '\n').append(2 * depth, ' '); };
  bool in_text = false;
  for (std::size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    const bool opens = c == '{' || c == '[', closes = c == '}' || c == ']';
    if (in_text || !(opens || closes)) {
      text += c;
      if (in_text && c == '\\') text += json[++i];
      if (c == '"') in_text = !in_text;
      if (!in_text && c == ':') text += ' ';
      if (!in_text && c == ',') new_line();
    } else if (opens && i + 1 < json.size() && json[i + 1] == c + 2) {  // '{' and '[' stand two before their ends
      text.append({c, json[++i]});
    } else {
      depth += opens ? 1 : -1;
      if (closes) new_line();
      text += c;
      if (opens) new_line();
    }
  }
  return text;
}

std::string aligned(const std::vector<std::vector<std::string>>& rows, std::string_view sides) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t j = 0; j < row.size(); ++j) widths[j] = std::max(widths[j], shown_width(row[j]));
  }
  std::string text;
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t j = 0; j < row.size(); ++j) {
      const std::string padding(widths[j] - shown_width(row[j]), ' ');
      if (j > 0) line += "  ";
      line += j < sides.size() && sides[j] == 'l' ? row[j] + padding : padding + row[j];
    }
    text += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  }
  return text;
}

}  // namespace thrum::cli
