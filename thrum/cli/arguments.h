#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "thrum/cli/command.h"

namespace thrum::cli {

/// What the command line says, as text: nothing of it has been set yet.
struct Arguments {
  CommandPath path;
  std::map<const Parameter*, std::vector<std::string>> given;
};

/// `words`: without the program's name. Throws Failure (usage) for an unknown command or flag, with the nearest one,
/// for one argument too many and for a flag without its value.
Arguments parse_arguments(const Command& root, std::span<const char* const> words);

}  // namespace thrum::cli
