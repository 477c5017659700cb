#include "thrum/cli/command.h"

#include <algorithm>

namespace thrum::cli {

const Command* Command::find(std::string_view subcommand) const {
  const auto found =
      std::find_if(subcommands.begin(), subcommands.end(), [&](const auto& c) { return c.name == subcommand; });
  return found == subcommands.end() ? nullptr : &*found;
}

std::string path_text(const CommandPath& path) {
  std::string text;
  for (std::size_t i = 1; i < path.size(); ++i) text += (i == 1 ? "" : " ") + path[i]->name;
  return text;
}

std::string place_text(const CommandPath& path) {
  if (path.size() == 1) return path.front()->name;
  const bool names_no_command = path[path.size() - 2]->subcommand_noun != "command";
  return path_text(names_no_command ? CommandPath(path.begin(), path.end() - 1) : path);
}

}  // namespace thrum::cli
