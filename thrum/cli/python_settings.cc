#include "thrum/cli/python_settings.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <span>
#include <utility>

#include "thrum/core/trimmed.h"

namespace thrum::cli {
namespace {

constexpr std::string_view blanks = " \t\r";

/// The word behind the first "=", as it stands.
std::string_view value_in(std::string_view line) {
  const std::size_t equals = line.find('=');
  return equals == std::string_view::npos
             ? ""
             : trimmed(line.substr(equals + 1, line.find('#', equals) - equals - 1), blanks);
}

std::string_view name_in(std::string_view line) {
  const bool is_setting = !line.empty() && (std::isalpha(static_cast<unsigned char>(line.front())) != 0);
  return is_setting ? trimmed(line.substr(0, std::min(line.find('='), line.size())), blanks) : "";
}

/// Makes a comment of the setting that begins at `begin`, a list in several lines perhaps.
void drop(std::string& text, std::size_t begin) {
  do {
    if (text[begin] != '\n') text[begin] = '#';
    begin = std::min(text.find('\n', begin), text.size() - 1) + 1;
  } while (begin < text.size() && name_in(std::string_view(text).substr(begin)).empty());
}

void translate(std::span<char> line) {
  const std::string_view value = value_in({line.data(), line.size()});
  if (value == "None") {
    line.front() = '#';
  } else if (value == "True" || value == "False") {
    line[static_cast<std::size_t>(value.data() - line.data())] = value == "True" ? 't' : 'f';
  }
}

}  // namespace

std::string toml_of_python(std::string text) {
  std::map<std::string, std::size_t> begins;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    const std::string_view name = name_in(std::string_view(text).substr(begin, end - begin));
    const auto [setting, is_first] = begins.try_emplace(std::string(name), begin);
    if (!is_first && !name.empty()) drop(text, std::exchange(setting->second, begin));
    translate(std::span(text).subspan(begin, end - begin));
    begin = end + 1;
  }
  return text;
}

std::string_view line_of(std::string_view text, std::size_t number) {
  for (; number > 1; --number) text.remove_prefix(std::min(text.find('\n'), text.size() - 1) + 1);
  return trimmed(text.substr(0, text.find('\n')), blanks);
}

}  // namespace thrum::cli
