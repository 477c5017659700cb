#include "thrum/cli/model_argument.h"

#include <fmt/format.h>

#include <cmath>

#include "thrum/cli/exit_code.h"
#include "thrum/core/counted.h"
#include "thrum/core/json_internal.h"
#include "thrum/core/printable.h"
#include "thrum/model/open_model_file.h"

namespace thrum::cli {

std::unique_ptr<Model> read_model(const std::string& file, const std::stop_token& stop) {
  return blame(ExitCode::model, [&] { return OpenModelFile(file, stop).model(); });
}

std::string model_line(const Model& model, const std::string& file) {
  const Target& target = model.schema().target;
  const std::string classes =
      target.task == Task::classification ? fmt::format(" ({} classes)", target.classes.size()) : "";
  const std::string name = target.task == Task::anomaly ? "anomalies" : printable(target.name);
  return fmt::format("{}: {}, predicts {}{} from {}", file, model.algorithm(), name, classes,
                     counted(model.schema().features.size(), "feature"));
}

std::string training_line(const Model& model) {
  const TrainingRecord& training = model.training();
  if (std::isnan(training.objective)) return counted(training.iterations, "iteration");
  std::string what = "objective";
  if (model.schema().target.task == Task::ranking) {
    const Json options = Json::parse(training.options_json);
    if (options.contains("eval_at")) what = fmt::format("1 - ndcg@{}", options["eval_at"].get<int>());
  }
  return fmt::format("{} {:.8g} after {}", what, training.objective, counted(training.iterations, "iteration"));
}

Json objective_json(const TrainingRecord& training) {
  return std::isnan(training.objective) ? Json(nullptr) : json_number(training.objective);
}

}  // namespace thrum::cli
