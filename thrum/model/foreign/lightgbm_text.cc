#include <fmt/format.h>

#include <algorithm>

#include "thrum/model/foreign/lightgbm_text_internal.h"

namespace thrum {
namespace {

/// Takes the first line off `text`, without its end.
std::string_view take_line(std::string_view& text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

}  // namespace

void LightgbmSection::add_line(std::string_view line) {
  const std::size_t equals = line.find('=');
  const bool has_value = equals != std::string_view::npos;
  values_.emplace(line.substr(0, equals), has_value ? line.substr(equals + 1) : std::string_view());
}

std::string_view LightgbmSection::text(std::string_view key) const {
  const auto found = values_.find(key);
  if (found == values_.end()) source_->fail(fmt::format("{} has no \"{}\"", title_, key));
  return found->second;
}

std::vector<std::string_view> LightgbmSection::words(std::string_view key) const {
  std::vector<std::string_view> words;
  const auto found = values_.find(key);
  std::string_view rest = found == values_.end() ? std::string_view() : found->second;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find(' '), rest.size());
    if (end > 0) words.push_back(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return words;
}

std::size_t LightgbmSection::count(std::string_view key) const {
  text(key);
  return numbers<std::size_t>(key, 1)[0];
}

void LightgbmSection::fail_of(std::string_view key) const {
  source_->fail(fmt::format("{} has other numbers in \"{}\" than it must", title_, key));
}

LightgbmText split_lightgbm(std::string_view text, const ForeignSource& source) {
  LightgbmText parts{.header = LightgbmSection(source, "the header"), .trees = {}, .pandas_categories = {}};
  bool in_trees = true;
  while (!text.empty()) {
    const std::string_view line = take_line(text);
    constexpr std::string_view pandas = "pandas_categorical:";
    if (line.starts_with(pandas)) parts.pandas_categories = line.substr(pandas.size());
    in_trees = in_trees && line != "end of trees";
    if (!in_trees) continue;
    if (line.starts_with("Tree=")) {
      parts.trees.emplace_back(source, fmt::format("tree {}", parts.trees.size()));
    } else if (!line.empty()) {
      (parts.trees.empty() ? parts.header : parts.trees.back()).add_line(line);
    }
  }
  if (in_trees) source.fail("the text ends before the \"end of trees\"");
  return parts;
}

}  // namespace thrum
