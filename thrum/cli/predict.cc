#include <fmt/format.h>

#include <memory>

#include "thrum/cli/commands.h"
#include "thrum/cli/data_arguments.h"
#include "thrum/cli/exit_code.h"
#include "thrum/cli/model_argument.h"
#include "thrum/cli/output_path.h"
#include "thrum/cli/text.h"
#include "thrum/core/json_internal.h"
#include "thrum/data/write_csv.h"

namespace thrum::cli {
namespace {

struct PredictArguments {
  std::string model = {};
  DataArguments data = {};
  std::string output = "-";
  bool proba = false;
};

/// outputs: (n_rows, n_classes or 1).
Table prediction_table(const Target& target, MatrixView<const double> outputs, bool proba) {
  const auto column = [&](std::string name, std::size_t j) {
    std::vector<double> values(outputs.rows());
    for (std::size_t row = 0; row < values.size(); ++row) values[row] = outputs(row, j);
    return Column::float64(std::move(name), std::move(values));
  };
  std::vector<Column> columns;
  if (target.task == Task::regression) {
    columns.push_back(column("prediction", 0));
    return Table(std::move(columns), "the predictions");
  }
  std::vector<std::string> winners;
  winners.reserve(outputs.rows());
  for (const std::size_t winner : most_probable(outputs)) winners.push_back(target.classes[winner]);
  columns.push_back(Column::category_from("prediction", winners));
  for (std::size_t j = 0; proba && j < target.classes.size(); ++j) {
    columns.push_back(column("proba_" + target.classes[j], j));
  }
  return Table(std::move(columns), "the predictions");
}

void check_arguments(const PredictArguments& arguments, const Model& model, const Session& session) {
  if (session.globals.json && arguments.output == "-") {
    throw usage_error("--json and predictions on standard output exclude each other", "name a file with -o");
  }
  if (arguments.proba && model.schema().target.task == Task::regression) {
    throw usage_error(fmt::format("--proba: {} is a regression, which has no probabilities", arguments.model));
  }
  check_output(arguments.output, {arguments.data.file, arguments.model});
}

void predict_file(const PredictArguments& arguments, const Session& session) {
  const auto model = read_model(arguments.model);
  check_arguments(arguments, *model, session);
  const LocalExecution execution = session.execution();
  const Stopwatch loading;
  const Table table = read_data(arguments.data, arguments.data.file, session);
  const double load_seconds = loading.seconds();
  const Stopwatch predicting;
  const std::vector<double> outputs = blame(ExitCode::data, [&] { return predict(*model, table, execution); });
  const double predict_seconds = predicting.seconds();
  const MatrixView<const double> rows(outputs.data(), table.n_rows(), outputs.size() / table.n_rows());
  session.console.end_progress();
  const Table predictions = prediction_table(model->schema().target, rows, arguments.proba);
  blame(ExitCode::failure, [&] { write_csv(predictions, arguments.output, execution); });
  session.say(fmt::format("predicted {} rows in {:.3f} s{}", grouped(table.n_rows()), predict_seconds,
                          arguments.output == "-" ? "" : ", saved " + arguments.output));
  if (!session.globals.json) return;
  const Json object = {
      {"schema", "thrum.predict/1"},  {"model", arguments.model},           {"rows", table.n_rows()},
      {"load_seconds", load_seconds}, {"predict_seconds", predict_seconds}, {"threads", session.threads},
      {"output", arguments.output}};
  print(object.dump(2) + "\n");
}

}  // namespace

Command predict_command() {
  auto arguments = std::make_shared<PredictArguments>();
  Command command{.name = "predict", .summary = "Predict the rows of a file."};
  command.description =
      "Writes CSV with a header: the column prediction and, with --proba, one column proba_CLASS per class. Columns "
      "of\n"
      "the data are matched by name, in any order; columns that the model does not know are not looked at.";
  command.examples = {{"thrum predict adult.thrum new.csv -o predicted.csv", ""},
                      {"thrum predict adult.thrum new.csv --proba | head", "probabilities, on standard output"}};
  command.parameters = {model_parameter(&PredictArguments::model, *arguments)};
  for (Parameter& made : data_parameters(arguments->data, "the rows, a CSV or TSV file; - reads standard input")) {
    command.parameters.push_back(std::move(made));
  }
  command.parameters.push_back(parameter(
      option_field("proba", &PredictArguments::proba, {}, "add the probability of every class"), arguments.get()));
  command.parameters.push_back(
      parameter(option_field("output", &PredictArguments::output, {}, "the CSV file; - is standard output"),
                arguments.get(), {.letter = 'o', .value = "FILE"}));
  command.run = [arguments](Session& session) { predict_file(*arguments, session); };
  return command;
}

}  // namespace thrum::cli
