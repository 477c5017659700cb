#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "thrum/cli/parameter.h"

namespace thrum::cli {

struct Session;

struct Example {
  std::string line;     ///< "thrum info --json"
  std::string comment;  ///< what it does; may be empty
};

/// One command of the program, or a group of them (then it has subcommands and no `run`).
struct Command {
  std::string name;
  std::string summary;           ///< one line, for lists
  std::string description = {};  ///< further lines of help
  std::vector<Example> examples = {};
  std::vector<Parameter> parameters = {};
  std::vector<Command> subcommands = {};
  std::string subcommand_noun = "command";  ///< what help calls a subcommand: "learner"
  /// Flags of another program that people bring along, with what to do instead.
  std::map<std::string, std::string> foreign_flags = {};
  bool hidden = false;
  bool handles_signals = false;  ///< itself, and wants no other thread when it starts
  /// Does the work after the parameters have been set.
  std::function<void(Session&)> run = {};

  /// nullptr where there is none.
  const Command* find(std::string_view subcommand) const;
};

/// From the root to the command that was chosen: thrum, train, logistic-regression.
using CommandPath = std::vector<const Command*>;

/// "train logistic-regression": the names without the program's.
std::string path_text(const CommandPath& path);

/// What messages call the command: "train", whatever the learner; "data inspect"; "thrum" for the root.
std::string place_text(const CommandPath& path);

}  // namespace thrum::cli
