#include <fmt/format.h>

#include <memory>

#include "thrum/cli/commands.h"
#include "thrum/cli/exit_code.h"
#include "thrum/cli/model_argument.h"
#include "thrum/cli/text.h"
#include "thrum/core/json_internal.h"
#include "thrum/core/printable.h"
#include "thrum/model/tree/tree_text.h"

namespace thrum::cli {
namespace {

struct InspectArguments {
  std::string model = {};
  int tree = -1;
  std::string format = "text";
  int max_depth = 0;
  bool dump = false;
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

std::string model_json(const Model& model, const std::string& file) {
  const Schema& schema = model.schema();
  const TrainingRecord& training = model.training();
  Json target = {{"name", schema.target.name}, {"task", task_name(schema.target.task)}};
  if (schema.target.task == Task::classification) target["classes"] = schema.target.classes;
  if (schema.target.task == Task::anomaly) target["threshold"] = schema.target.threshold;
  if (schema.target.task == Task::ranking) target["query"] = schema.target.query;
  std::string text = json_text({{"schema", "thrum.inspect/1"},
                                {"model", file},
                                {"algorithm", model.algorithm()},
                                {"target", target},
                                {"features", features_json(schema)},
                                {"training",
                                 {{"rows", training.n_rows},
                                  {"iterations", training.iterations},
                                  {"converged", training.converged},
                                  {"stopped_by", training.stopped_by},
                                  {"objective", objective_json(training)},
                                  {"warnings", training.warnings},
                                  {"options", parse_json(training.options_json, file)}}}});
  constexpr std::string_view end = "\n}\n";
  text.resize(text.size() - end.size());
  return fmt::format("{},\n  \"parameters\": {}{}", text, json_lines(model.description_json(), 1), end);
}

std::string joined(std::span<const std::string> names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + printable(name);
  return text;
}

std::string feature_line(const Feature& feature) {
  if (feature.type == FeatureType::number) return "number";
  constexpr std::size_t most_shown = 8;
  const auto shown = std::span(feature.categories).first(std::min(most_shown, feature.categories.size()));
  return fmt::format("category: {}{}", joined(shown),
                     shown.size() < feature.categories.size()
                         ? fmt::format(" and {} more", feature.categories.size() - shown.size())
                         : "");
}

std::string model_card(const Model& model, const std::string& file) {
  const Schema& schema = model.schema();
  const TrainingRecord& training = model.training();
  std::string text = model_line(model, file) + "\n";
  if (schema.target.task == Task::classification) {
    text += fmt::format("classes: {}\n", joined(schema.target.classes));
  }
  if (schema.target.task == Task::anomaly) {
    text += fmt::format("anomalies: rows with a score above {:.6g}\n", schema.target.threshold);
  }
  if (schema.target.task == Task::ranking)
    text += fmt::format("ranks: rows of equal {}\n", printable(schema.target.query));
  text += fmt::format("trained on {}: {}, {}{}\n", counted(training.n_rows, "row"), training_line(model),
                      training.converged ? "" : "not converged: ", training.stopped_by);
  for (const std::string& warning : training.warnings) text += "warning: " + warning + "\n";
  const Json options = parse_json(training.options_json, file);
  for (const auto& [name, value] : options.items()) {
    text += fmt::format("  {} = {}\n", name, value.is_string() ? value.get<std::string>() : value.dump());
  }
  text += "\nfeatures:\n";
  std::vector<std::vector<std::string>> features;
  for (const Feature& feature : schema.features)
    features.push_back({"  " + printable(feature.name), feature_line(feature)});
  return text + aligned(features, "ll") + "\n" + model.description();
}

const TreeModel& trees_of(const Model& model, const std::string& file) {
  const auto* trees = dynamic_cast<const TreeModel*>(&model);
  if (trees == nullptr) {
    throw usage_error(fmt::format("{} is a {}, which has no trees", file, model.algorithm()),
                      "leave --tree and --dump out");
  }
  return *trees;
}

std::string drawn_tree(const TreeModel& model, const InspectArguments& arguments) {
  const auto index = static_cast<std::size_t>(arguments.tree);
  TreeWriting writing;
  if (arguments.max_depth > 0) writing.max_depth = static_cast<std::size_t>(arguments.max_depth);
  if (arguments.format == "dot") return tree_dot(model, index, writing);
  if (arguments.format == "svg") return tree_svg(model, index, writing);
  if (arguments.format == "json") return tree_json(model, index) + "\n";
  return tree_text(model, index, writing);
}

std::string inspection(const Model& model, const InspectArguments& arguments, bool as_json) {
  if (arguments.dump) return ensemble_json(trees_of(model, arguments.model)) + "\n";
  if (arguments.tree < 0) {
    return as_json ? model_json(model, arguments.model) : without_controls(model_card(model, arguments.model));
  }
  const TreeModel& trees = trees_of(model, arguments.model);
  return as_json ? tree_json(trees, static_cast<std::size_t>(arguments.tree)) + "\n" : drawn_tree(trees, arguments);
}

}  // namespace

Command inspect_command() {
  auto arguments = std::make_shared<InspectArguments>();
  Command command{.name = "inspect",
                  .summary = "Show what a model holds: its card, its coefficients or importances, its trees."};
  command.examples = {{"thrum inspect adult.thrum", ""},
                      {"thrum inspect adult.thrum --json | jq .parameters", "coefficients for a script"},
                      {"thrum inspect forest.thrum --tree 0 --format svg > tree.svg", "one tree as a picture"}};
  const auto flag = [&](const OptionField& field, ParameterTraits traits = {}) {
    traits.group = "Trees";
    command.parameters.push_back(parameter(field, arguments.get(), std::move(traits)));
  };
  command.parameters = {model_parameter(&InspectArguments::model, *arguments)};
  flag(option_field("tree", &InspectArguments::tree, Range{-1}, "show this tree, counted from 0; -1: the model's card"),
       {.value = "N"});
  flag(option_field("format", &InspectArguments::format, {"text", "dot", "svg", "json"}, "how to show a tree"));
  flag(option_field("max_depth", &InspectArguments::max_depth, Range{0},
                    "show a tree down to so many questions; 0: all of it"));
  flag(option_field("dump", &InspectArguments::dump, {}, "print all trees as one JSON object"));
  command.run = [arguments](Session& session) {
    const auto model = read_model(arguments->model, session.stop());
    print(blame(ExitCode::usage, [&] { return inspection(*model, *arguments, session.globals.json); }));
  };
  return command;
}

}  // namespace thrum::cli
