#include "thrum/cli/config_file.h"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <string_view>

#include "thrum/cli/exit_code.h"
#include "thrum/cli/python_settings.h"
#include "thrum/core/names.h"
#include "thrum/core/options.h"
#include "thrum/core/printable.h"
#include "thrum/runtime/file_copy.h"

namespace thrum::cli {
namespace {

using Entries = std::map<std::string, ConfigFile::Entry>;

struct Reader {
  std::string file;
  std::map<std::string, Entries>& tables;

  std::string place(const toml::source_region& source) const {
    return fmt::format("{}:{}:{}", file, source.begin.line, source.begin.column);
  }

  std::string scalar(const std::string& key, const toml::node& node) const {
    if (const auto* text = node.as_string()) return text->get();
    if (const auto* whole = node.as_integer()) return std::to_string(whole->get());
    if (const auto* number = node.as_floating_point()) return detail::number_text(number->get());
    if (const auto* truth = node.as_boolean()) return truth->get() ? "true" : "false";
    throw usage_error(fmt::format("[{}] {} must be a text, a number or true or false", place(node.source()), key));
  }

  ConfigFile::Entry entry(const std::string& key, const toml::node& node) const {
    ConfigFile::Entry made{{}, place(node.source())};
    if (const auto* list = node.as_array()) {
      made.is_list = true;
      for (const toml::node& element : *list) made.values.push_back(scalar(key, element));
    } else {
      made.values.push_back(scalar(key, node));
    }
    return made;
  }

  /// A key belongs into a table when the table's command, one above it or one below it has such a flag.
  static bool below_has(const Command& command, std::string_view key, std::vector<std::string>& names) {
    bool found = false;
    for (const Parameter& parameter : command.parameters) {
      if (!parameter.is_setting()) continue;
      names.push_back(parameter.name);
      found = found || parameter.is_called(key);
    }
    for (const Command& subcommand : command.subcommands) found = below_has(subcommand, key, names) || found;
    return found;
  }

  /// What to do in place of a setting of another program; "" for one that no command has heard of.
  static std::string instead_of(const Command& command, const std::string& flag) {
    if (const auto found = command.foreign_flags.find(flag); found != command.foreign_flags.end()) return found->second;
    for (const Command& subcommand : command.subcommands) {
      if (std::string instead = instead_of(subcommand, flag); !instead.empty()) return instead;
    }
    return "";
  }

  void check_key(const CommandPath& path, const toml::key& key_node) const {
    const std::string key(key_node.str());
    std::vector<std::string> names;
    bool found = below_has(*path.back(), key, names);
    for (const Parameter& parameter : path.front()->parameters) {
      if (!parameter.is_setting()) continue;
      names.push_back(parameter.name);
      found = found || parameter.is_called(key);
    }
    if (found) return;
    std::string flag = "--" + key;
    std::ranges::replace(flag, '_', '-');
    if (const std::string instead = instead_of(*path.back(), flag); !instead.empty()) {
      throw usage_error(fmt::format("[{}] there is no {} here", place(key_node.source()), key), instead);
    }
    const std::string table = path.size() > 1 ? fmt::format(" in [{}]", path_text(path)) : "";
    for (const Command& subcommand : path.back()->subcommands) names.push_back(subcommand.name);
    throw usage_error(fmt::format("[{}] unknown key \"{}\"{}", place(key_node.source()), key, table),
                      nearest_hint(key, names));
  }

  void read(const toml::table& table, const CommandPath& path) const {
    for (const auto& [key_node, node] : table) {
      const std::string key(key_node.str());
      const Command* subcommand = path.back()->find(key);
      if (const auto* inner = node.as_table(); inner != nullptr && subcommand != nullptr) {
        CommandPath deeper = path;
        deeper.push_back(subcommand);
        read(*inner, deeper);
        continue;
      }
      check_key(path, key_node);
      tables[path_text(path)][key] = entry(key, node);
    }
  }
};

[[noreturn]] void refuse_python(const std::string& file, std::size_t line, std::string_view text) {
  throw usage_error(
      fmt::format("[{}:{}] expected NAME = a text, a number, True, False, None or a list, got {}", file, line,
                  in_quotes(line_of(text, line))),
      "no Python runs here: write the value itself, such as workers = 9, and leave out import, def and what computes");
}

toml::table parse_text(const std::filesystem::path& path, const std::string& text) {
  try {
    return toml::parse(text);
  } catch (const toml::parse_error& error) {
    const auto& begin = error.source().begin;
    if (path.extension() == ".py") refuse_python(path.string(), begin.line, text);
    throw usage_error(
        fmt::format("[{}:{}:{}] not valid TOML: {}", path.string(), begin.line, begin.column, error.description()));
  }
}

toml::table parse(const std::filesystem::path& path) {
  try {
    const FileCopy file(path);
    const std::string text(text_of(file.bytes()));
    return parse_text(path, path.extension() == ".py" ? toml_of_python(text) : text);
  } catch (const Failure&) {
    throw;
  } catch (const Error& error) {
    throw Failure(ExitCode::usage, error);
  }
}

}  // namespace

ConfigFile::ConfigFile(const std::filesystem::path& path, const Command& root) {
  const toml::table table = parse(path);
  Reader{path.string(), tables_}.read(table, {&root});
}

const ConfigFile::Entry* ConfigFile::find(const CommandPath& path, const Parameter& parameter) const {
  for (CommandPath level = path; !level.empty(); level.pop_back()) {
    const auto table = tables_.find(path_text(level));
    if (table == tables_.end()) continue;
    const auto found = std::find_if(table->second.begin(), table->second.end(),
                                    [&](const auto& item) { return parameter.is_called(item.first); });
    if (found != table->second.end()) return &found->second;
  }
  return nullptr;
}

}  // namespace thrum::cli
