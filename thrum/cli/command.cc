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

}  // namespace thrum::cli
