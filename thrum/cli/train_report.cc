#include "thrum/cli/train_report.h"

#include <fmt/format.h>

#include <filesystem>
#include <system_error>

#include "thrum/cli/memory_limit.h"
#include "thrum/cli/model_argument.h"
#include "thrum/cli/text.h"

namespace thrum::cli {
namespace {

void say_memory(const Session& session) {
  const std::size_t most = peak_memory_bytes();
  session.say(fmt::format("used  {} of memory at most", byte_size(most)));
  if (most <= session.scratch->memory_limit()) return;
  session.console.write(LogLevel::warning,
                        fmt::format("[train] {} of memory were in use at most, more than --memory-limit; "
                                    "fewer threads need less",
                                    byte_size(most)));
}

}  // namespace

Json report_json(const TrainArguments& arguments, const TrainReport& report, const Session& session) {
  const TrainingRecord& training = report.model.training();
  const Schema& schema = report.model.schema();
  Json object = {{"schema", "thrum.train/1"},
                 {"algorithm", report.model.algorithm()},
                 {"target", schema.target.name},
                 {"rows", report.n_rows},
                 {"features", schema.features.size()},
                 {"load_seconds", report.load_seconds},
                 {"fit_seconds", report.fit_seconds},
                 {"iterations", training.iterations},
                 {"converged", training.converged},
                 {"stopped_by", training.stopped_by},
                 {"objective", objective_json(training)},
                 {"threads", session.threads},
                 {"ranks", arguments.ranks},
                 {"model", arguments.output}};
  if (report.is_sparse) object["matrix"] = "sparse";
  if (session.scratch != nullptr) object["peak_memory_bytes"] = peak_memory_bytes();
  if (schema.target.task == Task::classification) object["classes"] = schema.target.classes;
  if (schema.target.task == Task::anomaly) object["threshold"] = schema.target.threshold;
  if (report.valid) object["valid"] = {{"rows", report.valid->n_rows}, {"metrics", scores_json(*report.valid)}};
  return object;
}

void say_report(const TrainArguments& arguments, const TrainReport& report, const Session& session) {
  session.say(fmt::format("fit   {:.2f} s with {}{}: {}, {}", report.fit_seconds,
                          counted(static_cast<std::size_t>(session.threads), "thread"),
                          arguments.ranks > 1 ? fmt::format(" in {} ranks", arguments.ranks) : "",
                          training_line(report.model), report.model.training().stopped_by));
  if (session.scratch != nullptr) say_memory(session);
  if (report.valid) {
    session.say(fmt::format("valid {}\n{}", counted(report.valid->n_rows, "row"), scores_text(*report.valid)));
  }
  if (arguments.output == "-") return;
  std::error_code unknown;
  const auto size = std::filesystem::file_size(arguments.output, unknown);
  session.say(fmt::format("saved {}{}", arguments.output, unknown ? "" : " (" + byte_size(size) + ")"));
}

std::string features_text(const Schema& schema) {
  std::size_t categories = 0;
  for (const Feature& feature : schema.features) categories += feature.type == FeatureType::category ? 1 : 0;
  return fmt::format("{} ({} numeric, {} categorical)", counted(schema.features.size(), "feature"),
                     grouped(schema.features.size() - categories), grouped(categories));
}

}  // namespace thrum::cli
