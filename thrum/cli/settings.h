#pragma once

#include <optional>
#include <string>
#include <vector>

#include "thrum/cli/arguments.h"
#include "thrum/cli/config_file.h"
#include "thrum/cli/console.h"

namespace thrum::cli {

/// Where the values of parameters come from: a flag, else the environment (THRUM_*), else thrum.toml.
/// Refers to the arguments.
class Settings {
 public:
  explicit Settings(const Arguments& arguments, ConfigFile file = {});

  /// Sets the parameters of `command`, which lies on the path. Throws Failure (usage) that names the source of a value
  /// that does not fit.
  void apply(const Command& command) const;

  /// Throws Failure (usage) for a required parameter without a value: "[train] --target COLUMN is missing".
  void check_required() const;

 private:
  struct Value {
    std::vector<std::string> texts;
    std::string place;  ///< "--threads", "THRUM_THREADS", "thrum.toml:3:1: threads"
  };
  std::optional<Value> value(const Parameter& parameter) const;
  void set(const Parameter& parameter, const Value& value) const;

  const Arguments& arguments_;
  ConfigFile file_;
};

/// A THRUM_* variable that is no setting of any command but nearly one is probably a mistake: warns with the nearest.
void warn_of_unknown_variables(const Command& root, Console& console);

}  // namespace thrum::cli
