#pragma once

#include <cstdint>
#include <stop_token>
#include <string>
#include <string_view>

#include "thrum/cli/command.h"
#include "thrum/cli/console.h"
#include "thrum/cli/exit_code.h"
#include "thrum/comm/execution.h"
#include "thrum/runtime/interrupt.h"

namespace thrum::cli {

/// The flags that every command has.
struct Globals {
  bool json = false;
  bool quiet = false;
  bool verbose = false;
  int threads = 0;
  std::int64_t seed = 0;
  std::string isa = {};
  std::string config = {};
  std::string log_format = "text";
  bool help = false;
  bool version = false;
};

/// What a running command works with: the global flags, the console, the stop signal.
struct Session {
  const Globals& globals;
  Console& console;
  const Command& root;                   ///< for commands about commands: help, completion
  int threads = 1;                       ///< --threads, or as many as the process may use
  const Interrupt* interrupt = nullptr;  ///< null for a command that handles signals itself
  Scratch* scratch = nullptr;            ///< where large arrays lie; null: in memory
  ExitCode exit_code = ExitCode::ok;     ///< of a command that does not throw: its output says what is wrong

  std::stop_token stop() const { return interrupt == nullptr ? std::stop_token() : interrupt->token(); }
  std::uint64_t seed() const { return static_cast<std::uint64_t>(globals.seed); }

  /// An arena of `threads` places, with the seed, the progress line and Ctrl-C.
  LocalExecution execution() const;

  /// A message for people; silent with --quiet and --json.
  void say(std::string_view message) const;
};

/// Writes to standard output as a whole. Throws Failure (failure) where it cannot, such as for a full disk.
void print(std::string_view text);

}  // namespace thrum::cli
