#include <fmt/format.h>

#include <memory>

#include "thrum/cli/commands.h"
#include "thrum/cli/model_argument.h"
#include "thrum/cli/text.h"
#include "thrum/core/json_internal.h"

namespace thrum::cli {
namespace {

struct InspectArguments {
  std::string model = {};
};

std::string_view type_name(FeatureType type) {
  return type == FeatureType::number ? "number" : "category";
}

Json features_json(const Schema& schema) {
  Json features = Json::array();
  for (const Feature& feature : schema.features) {
    Json object = {{"name", feature.name}, {"type", type_name(feature.type)}};
    if (feature.type == FeatureType::category) object["categories"] = feature.categories;
    features.push_back(std::move(object));
  }
  return features;
}

Json model_json(const Model& model, const std::string& file) {
  const Schema& schema = model.schema();
  const TrainingRecord& training = model.training();
  Json target = {{"name", schema.target.name}, {"task", task_name(schema.target.task)}};
  if (schema.target.task == Task::classification) target["classes"] = schema.target.classes;
  return {{"schema", "thrum.inspect/1"},
          {"model", file},
          {"algorithm", model.algorithm()},
          {"target", target},
          {"features", features_json(schema)},
          {"training",
           {{"rows", training.n_rows},
            {"iterations", training.iterations},
            {"converged", training.converged},
            {"stopped_by", training.stopped_by},
            {"objective", json_number(training.objective)},
            {"warnings", training.warnings},
            {"options", parse_json(training.options_json, file)}}},
          {"parameters", parse_json(model.description_json(), file)}};
}

std::string feature_line(const Feature& feature) {
  if (feature.type == FeatureType::number) return "number";
  constexpr std::size_t most_shown = 8;
  const auto shown = std::span(feature.categories).first(std::min(most_shown, feature.categories.size()));
  return fmt::format("category: {}{}", fmt::join(shown, ", "),
                     shown.size() < feature.categories.size()
                         ? fmt::format(" and {} more", feature.categories.size() - shown.size())
                         : "");
}

std::string model_card(const Model& model, const std::string& file) {
  const Schema& schema = model.schema();
  const TrainingRecord& training = model.training();
  std::string text = model_line(model, file) + "\n";
  if (schema.target.task == Task::classification) {
    text += fmt::format("classes: {}\n", fmt::join(schema.target.classes, ", "));
  }
  text += fmt::format("trained on {} rows: objective {:.10g} after {}, {} ({})\n", grouped(training.n_rows),
                      training.objective, counted(training.iterations, "iteration"),
                      training.converged ? "converged" : "not converged", training.stopped_by);
  for (const std::string& warning : training.warnings) text += "warning: " + warning + "\n";
  const Json options = parse_json(training.options_json, file);
  for (const auto& [name, value] : options.items()) {
    text += fmt::format("  {} = {}\n", name, value.is_string() ? value.get<std::string>() : value.dump());
  }
  text += "\nfeatures:\n";
  std::vector<std::vector<std::string>> features;
  for (const Feature& feature : schema.features) features.push_back({"  " + feature.name, feature_line(feature)});
  return text + aligned(features, "ll") + "\n" + model.description();
}

}  // namespace

Command inspect_command() {
  auto arguments = std::make_shared<InspectArguments>();
  Command command{.name = "inspect", .summary = "Show what a model holds: its card, its features, its coefficients."};
  command.examples = {{"thrum inspect adult.thrum", ""},
                      {"thrum inspect adult.thrum --json | jq .parameters", "coefficients for a script"}};
  command.parameters = {model_parameter(&InspectArguments::model, *arguments)};
  command.run = [arguments](Session& session) {
    const auto model = read_model(arguments->model);
    print(session.globals.json ? model_json(*model, arguments->model).dump(2) + "\n"
                               : model_card(*model, arguments->model));
  };
  return command;
}

}  // namespace thrum::cli
