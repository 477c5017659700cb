#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "thrum/cli/command.h"

namespace thrum::cli {

/// The settings of a thrum.toml: keys are names of flags, at the top for all commands or in a table per command
/// ([train], [train.logistic-regression]).
class ConfigFile {
 public:
  ConfigFile() = default;
  /// Throws Failure (usage) with line and column: a file that cannot be read, is no TOML, or holds a key that no
  /// command has (with the nearest one).
  ConfigFile(const std::filesystem::path& path, const Command& root);

  struct Entry {
    std::vector<std::string> values;
    std::string place;  ///< "thrum.toml:3:1"
    bool is_list = false;
  };
  /// The value in the most particular table along `path`; nullptr where there is none.
  const Entry* find(const CommandPath& path, const Parameter& parameter) const;

 private:
  /// Keyed by "train logistic-regression", then by the key in the file.
  std::map<std::string, std::map<std::string, Entry>> tables_;
};

}  // namespace thrum::cli
