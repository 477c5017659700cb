#include "thrum/cli/python_settings.h"

#include <algorithm>
#include <span>

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
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
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
