#include <fmt/format.h>

#include <memory>
#include <variant>

#include "thrum/cli/commands.h"
#include "thrum/cli/data_arguments.h"
#include "thrum/cli/exit_code.h"
#include "thrum/cli/model_argument.h"
#include "thrum/cli/output_path.h"
#include "thrum/cli/text.h"
#include "thrum/core/json_internal.h"
#include "thrum/core/most_probable.h"
#include "thrum/data/write_csv.h"
#include "thrum/model/predict_sparse.h"

namespace thrum::cli {
namespace {

struct PredictArguments {
  std::string model = {};
  DataArguments data = {};
  std::string output = "-";
  bool proba = false;
  bool contributions = false;
};

Column column_of(MatrixView<const double> matrix, std::size_t j, std::string name) {
  std::vector<double> values(matrix.rows());
  for (std::size_t row = 0; row < values.size(); ++row) values[row] = matrix(row, j);
  return Column::float64(std::move(name), std::move(values));
}

/// outputs: (n_rows, n_classes or 1).
std::vector<Column> prediction_columns(const Target& target, MatrixView<const double> outputs, bool proba) {
  std::vector<Column> columns;
  if (target.task == Task::regression || target.task == Task::ranking) {
    columns.push_back(column_of(outputs, 0, "prediction"));
    return columns;
  }
  if (target.task == Task::anomaly) {
    std::vector<std::string> labels;
    for (std::size_t row = 0; row < outputs.rows(); ++row) labels.emplace_back(target.label(outputs(row, 0)));
    columns.push_back(Column::category_from("prediction", labels));
    columns.push_back(column_of(outputs, 0, "score"));
    return columns;
  }
  std::vector<std::string> winners;
  winners.reserve(outputs.rows());
  for (const std::size_t winner : most_probable(outputs)) winners.push_back(target.classes[winner]);
  columns.push_back(Column::category_from("prediction", winners));
  for (std::size_t j = 0; proba && j < target.classes.size(); ++j) {
    columns.push_back(column_of(outputs, j, "proba_" + target.classes[j]));
  }
  return columns;
}

/// "contribution_age", and the class before the feature where there is a margin per class.
std::string contribution_name(const Schema& schema, std::size_t n_margins, std::size_t k, const std::string& feature) {
  return "contribution_" + (n_margins == 1 ? "" : schema.target.classes[k] + "_") + feature;
}

/// Per margin what every feature contributes, and the base from which they move it.
void add_contributions(std::vector<Column>& columns, const Model& model, const Table& table,
                       const Execution& execution) {
  const Schema& schema = model.schema();
  const std::size_t width = schema.features.size() + 1;
  const std::vector<double> values = blame(ExitCode::data, [&] { return explain(model, table, execution); });
  const std::size_t n_margins = values.size() / table.n_rows() / width;
  const MatrixView<const double> matrix(values.data(), table.n_rows(), n_margins * width);
  for (std::size_t j = 0; j < matrix.cols(); ++j) {
    const std::string feature = j % width + 1 < width ? schema.features[j % width].name : "(base)";
    columns.push_back(column_of(matrix, j, contribution_name(schema, n_margins, j / width, feature)));
  }
}

void check_arguments(const PredictArguments& arguments, const Model& model, const Session& session) {
  if (session.globals.json && arguments.output == "-") {
    throw usage_error("--json and predictions on standard output exclude each other", "name a file with -o");
  }
  if (arguments.proba && model.schema().target.task != Task::classification) {
    throw usage_error(fmt::format("--proba: {} is {}, which has no probabilities", arguments.model,
                                  model.schema().target.task == Task::anomaly
                                      ? "of anomalies"
                                      : fmt::format("a {}", task_name(model.schema().target.task))));
  }
  check_output(arguments.output, {arguments.data.file, arguments.data.label_file, arguments.model});
}

void predict_file(const PredictArguments& arguments, const Session& session) {
  const auto model = read_model(arguments.model, session.stop());
  check_arguments(arguments, *model, session);
  const LocalExecution execution = session.execution();
  const Stopwatch loading;
  const DataRows rows = arguments.contributions ? DataRows(read_data(arguments.data, session, model->schema()))
                                                : read_rows(arguments.data, session, model->schema());
  const double load_seconds = loading.seconds();
  const Stopwatch predicting;
  const auto predict_rows = [&](const auto& given) { return predict(*model, given, execution); };
  const std::vector<double> outputs = blame(ExitCode::data, [&] { return std::visit(predict_rows, rows); });
  const double predict_seconds = predicting.seconds();
  const std::size_t n = n_rows(rows);
  const MatrixView<const double> matrix(outputs.data(), n, outputs.size() / n);
  std::vector<Column> columns = prediction_columns(model->schema().target, matrix, arguments.proba);
  if (arguments.contributions) add_contributions(columns, *model, std::get<Table>(rows), execution);
  session.console.end_progress();
  const Table predictions(std::move(columns), "the predictions");
  blame(ExitCode::failure, [&] { write_csv(predictions, arguments.output, execution); });
  session.say(fmt::format("predicted {} in {:.3f} s{}", counted(n, "row"), predict_seconds,
                          arguments.output == "-" ? "" : ", saved " + arguments.output));
  if (!session.globals.json) return;
  const Json object = {
      {"schema", "thrum.predict/1"},  {"model", arguments.model},           {"rows", n},
      {"load_seconds", load_seconds}, {"predict_seconds", predict_seconds}, {"threads", session.threads},
      {"output", arguments.output}};
  print(json_text(object));
}

}  // namespace

Command predict_command() {
  auto arguments = std::make_shared<PredictArguments>();
  Command command{.name = "predict", .summary = "Predict the rows of a file."};
  command.description =
      "Writes CSV with a header: the column prediction and, with --proba, one column proba_CLASS per class. Columns "
      "of\n"
      "the data are matched by name, in any order; columns that the model does not know are not looked at. With\n"
      "--contributions, the columns contribution_FEATURE and contribution_(base) add up to the margin. A model of "
      "anomalies\n"
      "predicts anomaly or normal, and adds the column score.";
  command.examples = {{"thrum predict adult.thrum new.csv -o predicted.csv", ""},
                      {"thrum predict adult.thrum new.csv --proba | head", "probabilities, on standard output"}};
  command.parameters = {model_parameter(&PredictArguments::model, *arguments)};
  for (Parameter& made :
       data_parameters(arguments->data, "the rows, a CSV, TSV, LIBSVM, NPY, NPZ or IDX file; - reads standard input")) {
    command.parameters.push_back(std::move(made));
  }
  command.parameters.push_back(parameter(
      option_field("proba", &PredictArguments::proba, {}, "add the probability of every class"), arguments.get()));
  command.parameters.push_back(parameter(option_field("contributions", &PredictArguments::contributions, {},
                                                      "add what every feature adds to the margins; trees: TreeSHAP"),
                                         arguments.get()));
  command.parameters.push_back(
      parameter(option_field("output", &PredictArguments::output, {}, "the CSV file; - is standard output"),
                arguments.get(), {.letter = 'o', .value = "FILE"}));
  command.run = [arguments](Session& session) { predict_file(*arguments, session); };
  return command;
}

}  // namespace thrum::cli
