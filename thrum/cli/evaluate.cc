#include <fmt/format.h>

#include <memory>

#include "thrum/cli/commands.h"
#include "thrum/cli/data_arguments.h"
#include "thrum/cli/evaluation.h"
#include "thrum/cli/gates.h"
#include "thrum/cli/model_argument.h"
#include "thrum/cli/text.h"

namespace thrum::cli {
namespace {

struct EvaluateArguments {
  std::string model = {};
  DataArguments data = {};
  std::string weight = {};
  std::vector<std::string> minima = {};
  std::vector<std::string> maxima = {};
};

std::vector<Gate> gates_of(const EvaluateArguments& arguments) {
  std::vector<Gate> gates;
  for (const std::string& text : arguments.minima) gates.push_back(parse_gate(text, true));
  for (const std::string& text : arguments.maxima) gates.push_back(parse_gate(text, false));
  return gates;
}

Json result_json(const EvaluateArguments& arguments, const Evaluation& evaluation, double load_seconds,
                 const Session& session) {
  Json object = {{"schema", "thrum.evaluate/1"},
                 {"model", arguments.model},
                 {"rows", evaluation.n_rows},
                 {"load_seconds", load_seconds},
                 {"predict_seconds", evaluation.predict_seconds},
                 {"threads", session.threads},
                 {"metrics", scores_json(evaluation)}};
  if (!evaluation.classes.empty()) object["confusion"] = confusion_json(evaluation);
  return object;
}

std::string result_text(const Evaluation& evaluation) {
  constexpr std::size_t most_classes = 20;  // of a matrix that people read
  std::string text = scores_text(evaluation);
  if (!evaluation.classes.empty() && evaluation.classes.size() <= most_classes) {
    text += "\n" + confusion_text(evaluation);
  }
  return text;
}

void evaluate_file(const EvaluateArguments& arguments, const Session& session) {
  const std::vector<Gate> gates = gates_of(arguments);
  const auto model = read_model(arguments.model, session.stop());
  const LocalExecution execution = session.execution();
  const Stopwatch loading;
  const bool has_other_columns = !arguments.weight.empty() || model->schema().target.name != "label";
  const DataRows rows = has_other_columns ? DataRows(read_data(arguments.data, session, model->schema()))
                                          : read_rows(arguments.data, session, model->schema());
  const double load_seconds = loading.seconds();
  session.say(
      fmt::format("{}; {}, {}", model_line(*model, arguments.model), source_of(rows), counted(n_rows(rows), "row")));
  const Evaluation evaluation = evaluate(*model, rows, {.weight = arguments.weight}, execution);
  session.console.end_progress();
  check_names(gates, evaluation.scores);
  if (!session.globals.json) print(result_text(evaluation));
  check_gates(gates, evaluation.scores);
  if (session.globals.json) print(json_text(result_json(arguments, evaluation, load_seconds, session)));
}

}  // namespace

Command evaluate_command() {
  auto arguments = std::make_shared<EvaluateArguments>();
  Command command{.name = "evaluate", .summary = "Score a model on rows whose truth is known."};
  command.description =
      "Scores of a classification: accuracy, log_loss, roc_auc, average_precision, f1, precision, recall, brier, and "
      "the\n"
      "confusion matrix; of a regression: rmse, mae, r2; of a ranking: ndcg@1, ndcg@5, ndcg@10, ndcg;\n"
      "of labelled anomalies: roc_auc, average_precision, f1, "
      "precision,\n"
      "recall, accuracy. With more than two classes they are means over the classes.";
  command.examples = {{"thrum evaluate adult.thrum adult_test.csv", ""},
                      {"thrum evaluate adult.thrum adult_test.csv --min roc_auc=0.9 --max log_loss=0.4",
                       "in CI: exit code 5 where the model is worse"}};
  command.parameters = {model_parameter(&EvaluateArguments::model, *arguments)};
  for (Parameter& made : data_parameters(arguments->data, "rows with the target; - reads standard input")) {
    command.parameters.push_back(std::move(made));
  }
  command.parameters.push_back(
      parameter(option_field("weight", &EvaluateArguments::weight, {}, "a column of sample weights"), arguments.get(),
                {.value = "COLUMN", .group = "Data"}));
  command.parameters.push_back(list_parameter("min", &arguments->minima, "fail with exit code 5 where a score is lower",
                                              {.value = "SCORE=NUMBER", .group = "Gates"}));
  command.parameters.push_back(list_parameter("max", &arguments->maxima,
                                              "fail with exit code 5 where a score is higher",
                                              {.value = "SCORE=NUMBER", .group = "Gates"}));
  command.run = [arguments](Session& session) { evaluate_file(*arguments, session); };
  return command;
}

}  // namespace thrum::cli
