#include "thrum/cli/program.h"

#include <fmt/format.h>
#include <signal.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <span>
#include <string_view>

#include "thrum/cli/arguments.h"
#include "thrum/cli/commands.h"
#include "thrum/cli/error_report.h"
#include "thrum/cli/help.h"
#include "thrum/cli/settings.h"
#include "thrum/cli/version.h"
#include "thrum/runtime/interrupt.h"
#include "thrum/runtime/machine.h"
#include "thrum/runtime/simd.h"

namespace thrum::cli {
namespace {

using Words = std::span<const char* const>;

/// Known before anything is parsed, because it says how a parsing error is reported. What follows "--" may be another
/// program's.
bool asks_for_json(Words words) {
  for (const std::string_view word : words) {
    if (word == "--json" || word == "--") return word == "--json";
  }
  return false;
}

Console::Style console_style(const Globals& globals) {
  Console::Style style;
  if (globals.verbose) style.least = LogLevel::debug;
  if (globals.quiet) style.least = LogLevel::error;
  style.json_lines = globals.log_format == "json";
  style.progress = !globals.quiet;
  return style;
}

ConfigFile config_file(const Globals& globals, const Command& root) {
  if (!globals.config.empty()) return ConfigFile(globals.config, root);
  return std::filesystem::exists("thrum.toml") ? ConfigFile("thrum.toml", root) : ConfigFile();
}

class Program {
 public:
  explicit Program(Console& console) : console_(console), root_(thrum_command(globals_)) {}

  void run(Words words) {
    globals_.json = asks_for_json(words);
    const Arguments arguments = parse_arguments(root_, words);
    place_ = place_text(arguments.path);
    Settings(arguments).apply(root_);
    if (globals_.version) return print_version(globals_);
    if (globals_.help || words.empty()) return print(help_text(arguments.path));
    const Settings settings(arguments, config_file(globals_, root_));
    for (const Command* command : arguments.path) settings.apply(*command);
    check_globals();
    console_.set_style(console_style(globals_));
    check_complete(arguments.path);
    settings.check_required();
    warn_of_unknown_variables(root_, console_);
    run(*arguments.path.back());
  }

  /// What ended the run, with what the signal that caused it has to say.
  Failure failure() const {
    Failure failure = failure_of(std::current_exception(), place_);
    if (!was_interrupted(failure)) return failure;
    return {failure.exit_code(), ErrorCode::cancelled, fmt::format("[{}] interrupted by {}", place_, signal_name())};
  }

  /// 130 or 143 where a signal ended the command.
  int exit_code_of(const Failure& failure) const {
    return was_interrupted(failure) ? interrupt_->exit_code() : static_cast<int>(failure.exit_code());
  }

  /// Of a run that did not throw.
  int exit_code() const { return static_cast<int>(exit_code_); }

  bool json() const { return globals_.json; }

 private:
  bool was_interrupted(const Failure& failure) const {
    return failure.code() == ErrorCode::cancelled && interrupt_ && interrupt_->signal() != 0;
  }

  std::string_view signal_name() const { return interrupt_->signal() == SIGINT ? "Ctrl-C" : "SIGTERM"; }

  void check_globals() const {
    if (!globals_.quiet || !globals_.verbose) return;
    throw usage_error("--quiet and --verbose exclude each other");
  }

  void check_complete(const CommandPath& path) const {
    const Command& last = *path.back();
    if (last.run) return;
    const std::string names = path.size() > 1 ? "thrum " + path_text(path) : "thrum";
    throw usage_error(fmt::format("which {}? usage: {}", last.subcommand_noun, usage_line(path)),
                      fmt::format("see: {} --help", names));
  }

  void run(const Command& command) {
    if (!globals_.isa.empty()) blame(ExitCode::usage, [&] { pin_simd_level(globals_.isa); });
    set_log_sink([this](LogLevel level, std::string_view message) {
      // What the library finds worth telling is detail here; commands have their own messages.
      console_.write(level == LogLevel::info ? LogLevel::debug : level, message);
    });
    Session session{globals_, console_, root_};
    session.threads = globals_.threads > 0 ? globals_.threads : available_cpus();
    if (!command.handles_signals) session.interrupt = &interrupt_.emplace();
    command.run(session);
    exit_code_ = session.exit_code;
    console_.end_progress();
  }

  Console& console_;
  Globals globals_;
  Command root_;
  std::string place_ = "thrum";  ///< what messages call the command
  std::optional<Interrupt> interrupt_;
  ExitCode exit_code_ = ExitCode::ok;
};

}  // namespace

int run_program(int argc, char** argv) {
  Console console;
  Program program(console);
  try {
    program.run(Words(argv + 1, argv + std::max(argc, 1)));
    return program.exit_code();
  } catch (...) {
    const Failure failure = program.failure();
    report_failure(failure, program.json(), console);
    return program.exit_code_of(failure);
  }
}

}  // namespace thrum::cli
