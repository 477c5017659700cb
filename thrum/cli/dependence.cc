#include <fmt/format.h>

#include <memory>

#include "thrum/cli/commands.h"
#include "thrum/cli/data_arguments.h"
#include "thrum/cli/exit_code.h"
#include "thrum/cli/model_argument.h"
#include "thrum/cli/text.h"
#include "thrum/core/json_internal.h"
#include "thrum/core/printable.h"
#include "thrum/model/partial_dependence.h"

namespace thrum::cli {
namespace {

struct DependenceArguments {
  std::string model = {};
  DataArguments data = {};
  std::string feature = {};
  PartialDependenceOptions options = {};
};

Json value_json(const Feature& feature, double value) {
  if (feature.type == FeatureType::number) return json_number(value);
  return feature.categories[static_cast<std::size_t>(value)];
}

std::vector<std::string> output_names(const Target& target) {
  if (target.task == Task::regression || target.task == Task::ranking) return {target.name};
  if (target.task == Task::anomaly) return {"score"};
  return target.classes;
}

void measure_dependence(const DependenceArguments& arguments, const Session& session) {
  const auto model = read_model(arguments.model, session.stop());
  const LocalExecution execution = session.execution();
  const Table table = read_data(arguments.data, session, model->schema());
  const PartialDependence found = blame(ExitCode::data, [&] {
    return partial_dependence(*model, table, arguments.feature, arguments.options, execution);
  });
  session.console.end_progress();
  const Feature& feature = model->schema().features[*model->schema().find(arguments.feature)];
  const std::vector<std::string> names = output_names(model->schema().target);
  Json points = Json::array();
  std::vector<std::vector<std::string>> lines = {{printable(feature.name)}};
  for (const std::string& name : names) lines[0].push_back(printable(name));
  for (std::size_t v = 0; v < found.values.size(); ++v) {
    const Json value = value_json(feature, found.values[v]);
    const std::span<const double> outputs = std::span(found.outputs).subspan(v * names.size(), names.size());
    points.push_back({{"value", value}, {"outputs", std::vector<double>(outputs.begin(), outputs.end())}});
    lines.push_back({value.is_string() ? printable(value.get<std::string>()) : value.dump()});
    for (const double output : outputs) lines.back().push_back(fmt::format("{:.6g}", output));
  }
  const Json object = {{"schema", "thrum.dependence/1"},
                       {"model", arguments.model},
                       {"feature", feature.name},
                       {"outputs", names},
                       {"points", points}};
  print(session.globals.json ? json_text(object) : aligned(lines, "lr"));
}

}  // namespace

Command dependence_command() {
  auto arguments = std::make_shared<DependenceArguments>();
  Command command{.name = "dependence", .summary = "Show what a model predicts, on average, as one feature varies."};
  command.description =
      "Every row gets the same value of the feature, one value after the other, and keeps all else (partial "
      "dependence):\n"
      "the mean of the predictions, or of each class' probability. Works for every model.";
  command.examples = {{"thrum dependence adult.thrum adult.csv --feature age", ""},
                      {"thrum dependence adult.thrum adult.csv --feature age --points 50 --json", "for a plot"}};
  command.parameters = {model_parameter(&DependenceArguments::model, *arguments)};
  for (Parameter& made :
       data_parameters(arguments->data, "the rows, a CSV, TSV, LIBSVM, NPY, NPZ or IDX file; - reads standard input")) {
    command.parameters.push_back(std::move(made));
  }
  PartialDependenceOptions& options = arguments->options;
  command.parameters.push_back(
      parameter(option_field("feature", &DependenceArguments::feature, {}, "the feature that varies"), arguments.get(),
                {.value = "COLUMN", .required = true}));
  command.parameters.push_back(parameter(option_field("points", &PartialDependenceOptions::points, Range{2, 1000},
                                                      "values of a number to try; of a category, all"),
                                         &options, {.value = "N"}));
  command.parameters.push_back(parameter(option_field("most_rows", &PartialDependenceOptions::most_rows, Range{1},
                                                      "rows to average over, evenly spaced in the data"),
                                         &options, {.value = "N"}));
  command.run = [arguments](Session& session) { measure_dependence(*arguments, session); };
  return command;
}

}  // namespace thrum::cli
