#pragma once

#include <string>
#include <vector>

#include "thrum/cli/command.h"

namespace thrum::cli {

/// What --help prints.
std::string help_text(const CommandPath& path);

/// "thrum train logistic-regression FILE --target COLUMN -o FILE [flags]"
std::string usage_line(const CommandPath& path);

/// "-o, --output FILE"; for a positional argument its value alone.
std::string parameter_spelling(const Parameter& parameter);

/// "default 1, in (0, inf]", "required", …; empty where there is nothing to say.
std::string parameter_facts(const Parameter& parameter);

/// The parameters of one heading, in the order of the headings' first parameters.
struct ParameterGroup {
  std::string heading;
  std::vector<const Parameter*> parameters;
};
std::vector<ParameterGroup> parameter_groups(const Command& command);

}  // namespace thrum::cli
