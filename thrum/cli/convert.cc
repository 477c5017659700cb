#include <fmt/format.h>

#include <memory>

#include "thrum/cli/commands.h"
#include "thrum/cli/exit_code.h"
#include "thrum/cli/model_argument.h"
#include "thrum/cli/output_path.h"
#include "thrum/cli/text.h"
#include "thrum/core/json_internal.h"
#include "thrum/model/foreign/foreign_model.h"

namespace thrum::cli {
namespace {

struct ConvertArguments {
  std::string file = {};
  ForeignModelOptions names = {};
  std::string output = {};
};

void convert_file(const ConvertArguments& arguments, const Session& session) {
  check_model_output(arguments.output, {arguments.file}, session);
  const auto model = blame(ExitCode::model, [&] { return import_model(arguments.file, arguments.names); });
  blame(ExitCode::failure, [&] { save_model(*model, arguments.output, session.stop()); });
  session.say(fmt::format("{}, {}", model_line(*model, arguments.output), model->training().stopped_by));
  if (!session.globals.json) return;
  const Json object = {{"schema", "thrum.convert/1"},
                       {"algorithm", model->algorithm()},
                       {"target", model->schema().target.name},
                       {"features", model->schema().features.size()},
                       {"iterations", model->training().iterations},
                       {"source", model->training().stopped_by},
                       {"model", arguments.output}};
  print(json_text(object));
}

std::vector<Parameter> convert_parameters(ConvertArguments& arguments) {
  ForeignModelOptions& names = arguments.names;
  return {
      parameter(option_field("file", &ConvertArguments::file, {},
                             "LightGBM's text (save_model), XGBoost's JSON or UBJSON (save_model)"),
                &arguments, {.value = "FILE", .positional = true, .required = true}),
      parameter(option_field("output", &ConvertArguments::output, {}, "the model file; - is standard output"),
                &arguments, {.letter = 'o', .value = "FILE", .required = true}),
      parameter(option_field("target", &ForeignModelOptions::target, {}, "what the model predicts: a column's name"),
                &names, {.value = "COLUMN"}),
      list_parameter("classes", &names.classes, "the names of the classes, in the order of their numbers",
                     {.value = "NAME"}),
  };
}

}  // namespace

Command convert_command() {
  auto arguments = std::make_shared<ConvertArguments>();
  Command command{.name = "convert", .summary = "Make a model of Thrum from one that LightGBM or XGBoost trained."};
  command.description =
      "Trees, thresholds, missing values, categories and the order of the sums are kept, so that it predicts the "
      "same.\n"
      "The columns of the data are matched by the names of the features in the model.";
  command.examples = {{"thrum convert booster.txt --target income --classes low,high -o adult.thrum", "from LightGBM"},
                      {"thrum convert booster.ubj -o price.thrum", "from XGBoost"}};
  command.parameters = convert_parameters(*arguments);
  command.run = [arguments](Session& session) { convert_file(*arguments, session); };
  return command;
}

}  // namespace thrum::cli
