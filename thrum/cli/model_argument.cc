#include "thrum/cli/model_argument.h"

#include <fmt/format.h>

#include "thrum/cli/exit_code.h"

namespace thrum::cli {

std::unique_ptr<Model> read_model(const std::string& file) {
  return blame(ExitCode::model, [&] { return load_model(file); });
}

std::string model_line(const Model& model, const std::string& file) {
  const Target& target = model.schema().target;
  const std::string classes =
      target.task == Task::classification ? fmt::format(" ({} classes)", target.classes.size()) : "";
  const std::string name = target.task == Task::anomaly ? "anomalies" : target.name;
  return fmt::format("{}: {}, predicts {}{} from {} features", file, model.algorithm(), name, classes,
                     model.schema().features.size());
}

}  // namespace thrum::cli
