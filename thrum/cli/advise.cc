#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <optional>
#include <vector>

#include "thrum/cli/advice_text.h"
#include "thrum/cli/commands.h"
#include "thrum/cli/exit_code.h"
#include "thrum/cli/output_path.h"
#include "thrum/cli/text.h"
#include "thrum/cli/workloads.h"
#include "thrum/core/json_internal.h"
#include "thrum/runtime/advice/advice.h"
#include "thrum/runtime/advice/scaling.h"
#include "thrum/runtime/file.h"
#include "thrum/runtime/machine.h"

namespace thrum::cli {
namespace {

constexpr double longest_probed_seconds = 5;
constexpr int probe_rounds = 3;

struct AdviseArguments {
  std::vector<std::string> command = {};
  bool probe = false;
  bool no_probe = false;
  std::string workload = {};
  int workers_up_to = 0;
  std::string svg = {};
};

std::string found_program(const std::string& name) {
  if (name.find('/') != std::string::npos) return name;
  const char* path = std::getenv("PATH");
  const std::string folders = path == nullptr ? "/usr/bin:/bin" : path;
  for (std::size_t begin = 0; begin <= folders.size();) {
    const std::size_t end = std::min(folders.find(':', begin), folders.size());
    const std::string candidate = folders.substr(begin, end - begin) + "/" + name;
    if (::access(candidate.c_str(), X_OK) == 0) return candidate;
    begin = end + 1;
  }
  throw Failure(ExitCode::failure, ErrorCode::io, fmt::format("cannot start {}: no such program on PATH", name));
}

thrum::Command command_of(const std::vector<std::string>& words) {
  thrum::Command command;
  command.program = found_program(words.front());
  command.name = words.front();
  command.arguments.assign(words.begin() + 1, words.end());
  return command;
}

/// The command for the probe: it reads nothing and says nothing.
class Quiet {
 public:
  explicit Quiet(thrum::Command command)
      : command_(std::move(command)), null_(::open("/dev/null", O_RDWR | O_CLOEXEC)) {
    command_.standard = {null_.get(), null_.get(), null_.get()};
  }

  /// Its CPU seconds; none where it did not do what it did the first time.
  std::optional<double> run_again(const RunCost& first, const std::stop_token& stop) const {
    const RunCost again = measure_run(command_, stop);
    const bool same = again.end.code == first.end.code && again.end.signal == first.end.signal &&
                      again.cpu_seconds() > first.cpu_seconds() / 2;
    return same ? std::optional(again.cpu_seconds()) : std::nullopt;
  }

 private:
  thrum::Command command_;
  UniqueFd null_;
};

void stop_if_interrupted(const Session& session) {
  if (session.stop().stop_requested()) throw Error(ErrorCode::cancelled, "interrupted");
}

bool probe_wanted(const AdviseArguments& arguments, const RunCost& cost, const MemoryEvidence& memory) {
  if (arguments.no_probe || !is_probe_needed(cost, memory.stream_touched_bytes_per_second)) return false;
  return arguments.probe || cost.cpu_seconds() <= longest_probed_seconds;
}

int cpus_for_work(const RunCost& cost, const Session& session) {
  return std::clamp(cost.most_threads, 1, std::max(1, session.threads / 2));
}

/// What further measurements say, where they can change the advice. `work` does it all again.
MemoryEvidence evidence(const AdviseArguments& arguments, const RunCost& cost,
                        FunctionRef<std::optional<double>()> work, const Session& session) {
  MemoryEvidence memory;
  if (is_memory_in_doubt(cost)) memory.stream_touched_bytes_per_second = stream_touched_bytes_per_second();
  if (!probe_wanted(arguments, cost, memory)) return memory;
  std::size_t done = 0;
  const auto reported = [&]() -> std::optional<double> {
    session.console.report({.stage = "probing memory", .done = done++, .total = 2 * probe_rounds});
    return work();
  };
  memory.pressure = probe_memory(
      reported, {.rounds = probe_rounds, .work_cpus = cpus_for_work(cost, session), .stop = session.stop()});
  session.console.end_progress();
  return memory;
}

/// Why nothing measured from now on is firm; empty where the machine has CPUs left.
std::string doubt_of_machine() {
  return load_doubt(inspect_machine_state().load_average, inspect_machine().cpus);
}

/// `doubt` where there is none yet.
Advice doubted(Advice advice, const std::string& doubt) {
  if (advice.doubt.empty()) advice.doubt = doubt;
  return advice;
}

void advise_command(const AdviseArguments& arguments, const Session& session) {
  const std::string doubt = doubt_of_machine();
  const thrum::Command command = command_of(arguments.command);
  thrum::Command first = command;
  // Standard output is for one JSON object then.
  if (session.globals.json) first.standard[1] = STDERR_FILENO;
  const RunCost cost = measure_run(first, session.stop());
  stop_if_interrupted(session);
  const Quiet quiet(command);
  const MemoryEvidence memory =
      evidence(arguments, cost, [&] { return quiet.run_again(cost, session.stop()); }, session);
  stop_if_interrupted(session);
  const Advice advice = doubted(advise(cost, memory, session.threads), doubt);
  if (!session.globals.json) return session.console.show(advice_text(advice, cost));
  Json object = advice_json(advice, cost, memory);
  object["command"] = arguments.command;
  object["exit_code"] = cost.end.signal == 0 ? cost.end.code : 128 + cost.end.signal;
  print(json_text(object));
}

int workers_for(const Workload& workload, const AdviseArguments& arguments, const Session& session) {
  if (arguments.workers_up_to > 0) return arguments.workers_up_to;
  return workload.waits ? 8 * session.threads : session.threads;
}

/// How often the work fills half a second, which is enough for a verdict.
int repeats_for_verdict(FunctionRef<void(int)> run) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(600);
  int repeats = 0;
  do {
    run(1);
    ++repeats;
  } while (std::chrono::steady_clock::now() < end);
  return repeats;
}

void advise_workload(const AdviseArguments& arguments, const Session& session) {
  const std::string doubt = doubt_of_machine();
  if (!arguments.svg.empty()) check_output(arguments.svg, {});
  const Workload& workload = find_workload(arguments.workload);
  const auto run = workload.prepare();
  const int repeats = repeats_for_verdict(run);
  const auto once = [&] {
    for (int i = 0; i < repeats; ++i) run(1);
  };
  const RunCost cost = measure_call(once);
  const MemoryEvidence memory =
      evidence(arguments, cost, [&] { return std::optional(measure_call(once).cpu_seconds()); }, session);
  ScalingOptions options{.workers_up_to = workers_for(workload, arguments, session)};
  options.progress = &session.console;
  options.stop = session.stop();
  const ScalingCurve curve = measure_scaling(run, options);
  session.console.end_progress();
  Advice advice = doubted(advise(cost, memory, session.threads), doubt);
  advice.workers = curve.recommended_workers;  // measured, not inferred
  if (!arguments.svg.empty()) {
    write_file(arguments.svg, [&](FileWriter& file) { file.write(scaling_svg(curve, workload.name)); });
  }
  if (!session.globals.json) return print(advice_text(advice, cost) + "\n" + curve_text(curve));
  Json object = advice_json(advice, cost, memory);
  object["workload"] = workload.name;
  object.update(curve_json(curve));
  print(json_text(object));
}

void check(const AdviseArguments& arguments) {
  if (!arguments.command.empty() && !arguments.workload.empty()) {
    throw usage_error("--workload and a command after -- exclude each other");
  }
  if (arguments.command.empty() && arguments.workload.empty()) {
    throw usage_error("expected a command after --, or --workload NAME", "as in: thrum advise -- gzip -9 -c adult.csv");
  }
  if (arguments.probe && arguments.no_probe) throw usage_error("--probe and --no-probe exclude each other");
  if (arguments.workload.empty() && (!arguments.svg.empty() || arguments.workers_up_to > 0)) {
    throw usage_error("--svg and --workers-up-to go with --workload");
  }
}

std::vector<Parameter> advise_parameters(AdviseArguments* arguments) {
  const auto own = [arguments](const OptionField& field, ParameterTraits traits = {}) {
    return parameter(field, arguments, std::move(traits));
  };
  std::vector<std::string> names;
  for (const Workload& workload : workloads()) names.push_back(workload.name);
  return {
      rest_parameter("command", &arguments->command, "the program to run, with its own flags", "-- COMMAND …"),
      own(option_field("probe", &AdviseArguments::probe, {},
                       "where memory is in doubt, run it six times more also if it took more than 5 s of CPU time")),
      own(option_field("no_probe", &AdviseArguments::no_probe, {},
                       "run it once only, as where a second run would do harm")),
      own(option_field("workload", &AdviseArguments::workload, names,
                       "measure the speed-up of a built-in piece of work instead")),
      own(option_field("workers_up_to", &AdviseArguments::workers_up_to, Range{0, 1024},
                       "the most workers of a workload; 0: as many as there are threads, and 8 times that for sleep")),
      own(option_field("svg", &AdviseArguments::svg, {}, "where to draw the speed-up of a workload"),
          {.value = "FILE"}),
  };
}

}  // namespace

Command advise_command() {
  auto arguments = std::make_shared<AdviseArguments>();
  Command command{.name = "advise",
                  .summary = "Is a program bound by the CPU, by memory or by waiting, and how many workers pay?"};
  command.description =
      "Runs the program and reads what it uses, waits for and touches of its memory. Only where that leaves\n"
      "memory in doubt is it run again, without input and output, beside threads that keep memory busy and\n"
      "beside threads that only compute. Its output stays its own: what thrum says goes to standard error, as with\n"
      "time. With --json one object is all of standard output, and the program's goes to standard error.";
  command.examples = {
      {"thrum advise -- gzip -9 -c adult.csv > adult.csv.gz", ""},
      {"thrum advise --json --no-probe -- python3 train.py --epochs 1", "run it once only"},
      {"thrum advise --workload mean --workers-up-to 8 --svg mean.svg", "a measured curve, and what fits it"},
  };
  command.parameters = advise_parameters(arguments.get());
  command.run = [arguments](Session& session) {
    check(*arguments);
    arguments->workload.empty() ? advise_command(*arguments, session) : advise_workload(*arguments, session);
  };
  return command;
}

}  // namespace thrum::cli
