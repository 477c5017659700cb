#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <memory>
#include <optional>
#include <vector>

#include "thrum/cli/commands.h"
#include "thrum/cli/duration.h"
#include "thrum/cli/exit_code.h"
#include "thrum/cli/text.h"
#include "thrum/core/json_internal.h"
#include "thrum/runtime/advice/plan.h"

namespace thrum::cli {
namespace {

struct PlanArguments {
  std::int64_t fits = 0;
  std::vector<double> seconds_per_fit = {};
  double deadline = 0;  ///< 0: none
  int folds = 1;
  bool refit = false;
  std::vector<int> core_options = {};
  int threads_per_fit = 1;
};

FitQueue queue_of(const PlanArguments& arguments) {
  const auto& seconds = arguments.seconds_per_fit;
  if (seconds.empty()) throw usage_error("--seconds-per-fit: expected at least one number");
  FitQueue queue;
  queue.n_fits = arguments.fits > 0 ? static_cast<std::size_t>(arguments.fits) : seconds.size();
  queue.n_fits *= static_cast<std::size_t>(arguments.folds);
  queue.seconds = seconds;
  queue.threads_per_fit = arguments.threads_per_fit;
  // Which candidate wins is not known before.
  if (arguments.refit) queue.last_seconds = *std::ranges::max_element(seconds);
  return queue;
}

struct Plan {
  FitQueue queue;
  std::optional<int> needed;  ///< cores for the deadline, before rounding up to what can be rented
  Schedule chosen;
  std::vector<Schedule> table;
};

[[noreturn]] void refuse_deadline(const PlanArguments& arguments, double best_seconds, const std::string& why) {
  throw Failure(ExitCode::gate, ErrorCode::invalid_argument,
                fmt::format("--deadline {} cannot be met: {}", duration_text(arguments.deadline), why),
                fmt::format("allow at least {}, or make the fits shorter", duration_text(best_seconds)));
}

int cores_for_deadline(const PlanArguments& arguments, const FitQueue& queue) {
  if (const auto needed = fewest_cores(queue, arguments.deadline)) return *needed;
  const double best = schedule(queue, most_useful_cores(queue)).wall_seconds;
  const char* what = arguments.refit ? "the longest fit and the refit after it take" : "the longest fit takes";
  refuse_deadline(arguments, best, fmt::format("{} {}", what, duration_text(best)));
}

int rented_cores(const PlanArguments& arguments, const FitQueue& queue, int needed) {
  const auto& options = arguments.core_options;
  if (options.empty()) return needed;
  int chosen = 0;
  for (const int cores : options) {
    if (cores >= needed && (chosen == 0 || cores < chosen)) chosen = cores;
  }
  if (chosen > 0) return chosen;
  const int largest = *std::ranges::max_element(options);
  if (largest < queue.threads_per_fit) {
    throw usage_error(fmt::format("--core-options: none has the {} cores that one fit takes", queue.threads_per_fit));
  }
  const double best = schedule(queue, largest).wall_seconds;
  refuse_deadline(arguments, best,
                  fmt::format("{} cores are needed, and the largest of the core options, {}, takes {}", needed, largest,
                              duration_text(best)));
}

std::vector<int> listed_cores(const PlanArguments& arguments, const FitQueue& queue, const Plan& plan) {
  std::vector<int> cores = arguments.core_options;
  const int most = most_useful_cores(queue);
  if (cores.empty()) {
    for (int n = queue.threads_per_fit; n < most && n <= std::numeric_limits<int>::max() / 2; n *= 2)
      cores.push_back(n);
    cores.push_back(most);
  }
  if (plan.needed) cores.push_back(*plan.needed);
  if (plan.needed) cores.push_back(*plan.needed - queue.threads_per_fit);
  cores.push_back(plan.chosen.cores);
  std::erase_if(cores, [&](int n) { return n < queue.threads_per_fit; });
  std::ranges::sort(cores);
  const auto repeated = std::ranges::unique(cores);
  cores.erase(repeated.begin(), repeated.end());
  return cores;
}

Plan make_plan(const PlanArguments& arguments, const Session& session) {
  Plan plan{.queue = queue_of(arguments), .needed = {}, .chosen = {}, .table = {}};
  const FitQueue& queue = plan.queue;
  if (arguments.deadline > 0) {
    plan.needed = cores_for_deadline(arguments, queue);
    plan.chosen = schedule(queue, rented_cores(arguments, queue, *plan.needed));
  } else {
    plan.chosen = schedule(queue, std::max(session.threads, queue.threads_per_fit));
  }
  for (const int cores : listed_cores(arguments, queue, plan)) plan.table.push_back(schedule(queue, cores));
  return plan;
}

Json schedule_json(const Schedule& row) {
  return {{"cores", row.cores},           {"fits_at_once", row.at_once},
          {"waves", row.waves},           {"wall_seconds", row.wall_seconds},
          {"efficiency", row.efficiency}, {"core_hours", row.cores * row.wall_seconds / 3600}};
}

Json plan_json(const PlanArguments& arguments, const Plan& plan) {
  Json object = {{"schema", "thrum.plan/1"}};
  object.update(schedule_json(plan.chosen));
  object["fits"] = plan.queue.n_fits;
  object["threads_per_fit"] = plan.queue.threads_per_fit;
  object["deadline_seconds"] = plan.needed ? Json(arguments.deadline) : Json();
  object["cores_needed"] = plan.needed ? Json(*plan.needed) : Json();
  object["table"] = Json::array();
  for (const Schedule& row : plan.table) object["table"].push_back(schedule_json(row));
  return object;
}

std::string table_text(const Plan& plan) {
  std::vector<std::vector<std::string>> rows = {{"cores", "at once", "waves", "wall time", "efficiency", "core-hours"}};
  for (const Schedule& row : plan.table) {
    rows.push_back({grouped(static_cast<std::size_t>(row.cores)), grouped(row.at_once), grouped(row.waves),
                    duration_text(row.wall_seconds), fmt::format("{:.0f} %", 100 * row.efficiency),
                    fmt::format("{:.1f}", row.cores * row.wall_seconds / 3600)});
    const bool late = plan.needed && row.cores < *plan.needed;
    rows.back().emplace_back(late ? "too late" : row.cores == plan.chosen.cores ? "<" : "");
  }
  return aligned(rows, "rrrrrrl");
}

std::string plan_text(const PlanArguments& arguments, const Plan& plan) {
  const Schedule& chosen = plan.chosen;
  std::string text = fmt::format("{}: {} in {}", counted(static_cast<std::size_t>(chosen.cores), "core"),
                                 counted(plan.queue.n_fits, "fit"), duration_text(chosen.wall_seconds));
  if (arguments.refit) text += ", the refit included";
  if (plan.needed) text += fmt::format("; the deadline is {}", duration_text(arguments.deadline));
  if (plan.needed && *plan.needed != chosen.cores) text += fmt::format(", for which {} would do", *plan.needed);
  return text + "\n\n" + table_text(plan);
}

std::vector<Parameter> plan_parameters(PlanArguments* arguments) {
  const auto own = [arguments](const OptionField& field, ParameterTraits traits = {}) {
    return parameter(field, arguments, std::move(traits));
  };
  Parameter deadline;
  deadline.name = "deadline";
  deadline.help = "when all must be done, with its unit: 90s, 20m, 1h30m, 1d; without it the table is for this machine";
  deadline.traits.value = "TIME";
  deadline.set = [arguments](std::string_view text) {
    arguments->deadline = parse_duration("deadline", text);
    if (arguments->deadline == 0) throw Error(ErrorCode::invalid_argument, "[deadline] expected more than 0 s");
  };
  return {
      list_parameter("seconds_per_fit", &arguments->seconds_per_fit, Range{.low = 0, .low_open = true},
                     "how long a fit takes; of several the times are repeated in turn",
                     {.value = "SECONDS", .required = true}),
      own(option_field("fits", &PlanArguments::fits, Range{0, 1e6},
                       "candidates to fit; 0: as many as there are times")),
      own(option_field("folds", &PlanArguments::folds, Range{1, 1000}, "each candidate is fitted once per fold")),
      own(option_field("refit", &PlanArguments::refit, {}, "fit the best once more, on all rows, after all others")),
      deadline,
      list_parameter("core_options", &arguments->core_options, Range{1, 1e6},
                     "what can be rented, such as 2,4,8,16,32; the answer is one of them", {.value = "N"}),
      own(option_field("threads_per_fit", &PlanArguments::threads_per_fit, Range{1, 1024},
                       "cores that each fit works with; its time is that on so many")),
  };
}

}  // namespace

Command plan_command() {
  auto arguments = std::make_shared<PlanArguments>();
  Command command{.name = "plan", .summary = "How many cores a search needs to end in time, and how long it takes."};
  command.description =
      "Counts whole waves: a fit is not divided over cores. Time a fit with all cores busy, because fits\n"
      "that compete for memory take longer than alone. Ends with code 5 where the deadline cannot be met.";
  command.examples = {
      {"thrum plan --fits 125 --seconds-per-fit 70 --deadline 20m", "a grid of 5 x 5 x 5"},
      {"thrum plan --fits 125 --seconds-per-fit 70 --deadline 20m --folds 5 --refit --core-options 8,16,32,48,64", ""},
      {"thrum plan --fits 125 --seconds-per-fit 70 -j 4", "how long on 4 cores?"},
  };
  command.parameters = plan_parameters(arguments.get());
  command.run = [arguments](Session& session) {
    const Plan plan = make_plan(*arguments, session);
    print(session.globals.json ? json_text(plan_json(*arguments, plan)) : plan_text(*arguments, plan));
  };
  return command;
}

}  // namespace thrum::cli
