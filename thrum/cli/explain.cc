#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <numeric>
#include <span>
#include <utility>

#include "thrum/cli/commands.h"
#include "thrum/cli/data_arguments.h"
#include "thrum/cli/exit_code.h"
#include "thrum/cli/model_argument.h"
#include "thrum/cli/text.h"
#include "thrum/core/json_object_internal.h"
#include "thrum/core/most_probable.h"
#include "thrum/core/printable.h"
#include "thrum/data/feature_reader.h"
#include "thrum/model/predictor.h"
#include "thrum/model/prepared_model.h"
#include "thrum/model/tree/tree_text.h"

namespace thrum::cli {
namespace {

struct ExplainArguments {
  std::string model = {};
  DataArguments data = {};
  std::int64_t row = 1;
  std::string of_class = {};
  std::size_t top = 10;
  bool paths = false;
};

/// One row, what is predicted of it and why.
struct Explanation {
  std::vector<double> row;
  std::vector<double> outputs;
  std::size_t n_margins;
  std::vector<double> contributions;  ///< (n_margins, n_features + 1), see Predictor::explain

  std::span<const double> of_margin(std::size_t k) const {
    return std::span(contributions).subspan(k * (row.size() + 1), row.size() + 1);
  }
  double margin(std::size_t k) const {
    const auto parts = of_margin(k);
    return std::accumulate(parts.begin(), parts.end(), 0.0);
  }
};

std::vector<double> read_row(const Schema& schema, const Table& table, std::int64_t row) {
  const FeatureReader reader(schema, table);
  if (static_cast<std::size_t>(row) > table.n_rows()) {
    throw Failure(ExitCode::usage, ErrorCode::invalid_argument,
                  fmt::format("--row: {} has {}, got {}", table.source(), counted(table.n_rows(), "row"), row));
  }
  std::vector<double> values(reader.n_features());
  reader.read(static_cast<std::size_t>(row) - 1, {values.data(), 1, values.size()});
  return values;
}

/// What is explained, from the columns that it sees.
struct Explained {
  const Model& model;
  std::vector<double> row;
};

/// The row behind the steps that prepare it.
std::vector<double> prepared_row(const Pipeline& pipeline, std::span<const double> row) {
  std::vector<double> prepared(pipeline.outputs().size());
  pipeline.apply({row.data(), 1, row.size()}, {prepared.data(), 1, prepared.size()});
  return prepared;
}

/// The model behind its steps where columns are made of several together: it explains itself by those.
Explained explained_of(const Model& model, std::vector<double> row) {
  const auto* prepared = dynamic_cast<const PreparedModel*>(&model);
  if (prepared == nullptr || prepared->pipeline().sources()) return {model, std::move(row)};
  return {prepared->model(), prepared_row(prepared->pipeline(), row)};
}

Explanation explain_row(const Model& model, std::vector<double> row) {
  const auto image = model.compile_to_explain();
  const auto predictor = open_predictor(image);
  const std::size_t n_margins = predictor->n_margins();
  const MatrixView<const double> rows(row.data(), 1, row.size());
  std::vector<double> outputs(predictor->n_outputs());
  predictor->predict(rows, {outputs.data(), 1, outputs.size()});
  std::vector<double> contributions(n_margins * (row.size() + 1));
  predictor->explain(rows, {contributions.data(), 1, contributions.size()});
  return {std::move(row), std::move(outputs), n_margins, std::move(contributions)};
}

/// Whose margin is explained: that of the class asked for, or of the most probable one.
std::size_t margin_index(const ExplainArguments& arguments, const Target& target, const Explanation& explanation) {
  if (arguments.of_class.empty()) {
    if (explanation.n_margins == 1) return 0;
    return most_probable(explanation.outputs);
  }
  const auto found = std::ranges::find(target.classes, arguments.of_class);
  if (found == target.classes.end() || explanation.n_margins == 1) {
    throw usage_error(fmt::format("--class: the model has no margin of its own for {}", in_quotes(arguments.of_class)));
  }
  return static_cast<std::size_t>(found - target.classes.begin());
}

/// ">50K", or what a regression predicts.
std::string margin_name(const Target& target, std::size_t n_margins, std::size_t k) {
  if (target.task == Task::regression || target.task == Task::ranking) return target.name;
  if (target.task == Task::anomaly) return "log score";
  return n_margins == 1 ? target.classes[1] : target.classes[k];
}

std::string prediction_line(const Target& target, const Explanation& explanation, std::int64_t row) {
  if (target.task == Task::regression || target.task == Task::ranking) {
    return fmt::format("row {}: {} is predicted as {:.6g}\n", row, printable(target.name), explanation.outputs[0]);
  }
  if (target.task == Task::anomaly) {
    const double score = explanation.outputs[0];
    return fmt::format("row {}: {} (score {:.4f}, anomalies are above {:.4f})\n", row, target.label(score), score,
                       target.threshold);
  }
  const std::size_t winner = most_probable(explanation.outputs);
  return fmt::format("row {}: {} is predicted as {} (probability {:.4f})\n", row, printable(target.name),
                     printable(target.classes[winner]), explanation.outputs[winner]);
}

std::string signed_decimal(double number) {
  return (std::signbit(number) ? "" : "+") + decimal(number);
}

std::string contributions_text(const ExplainArguments& arguments, const Schema& schema,
                               const Explanation& explanation) {
  const std::size_t k = margin_index(arguments, schema.target, explanation);
  const std::size_t n = schema.features.size();
  const auto values = explanation.of_margin(k);
  std::vector<std::size_t> order(n);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, {}, [&](std::size_t j) { return std::pair(-std::abs(values[j]), j); });
  std::string text = fmt::format("margin of {}: {:.6g}\n  {:>12}  (base)\n",
                                 printable(margin_name(schema.target, explanation.n_margins, k)), explanation.margin(k),
                                 decimal(values[n]));
  const std::size_t shown = std::min(arguments.top, n);
  for (const std::size_t j : std::span(order).first(shown)) {
    text += fmt::format("  {:>12}  {} = {}\n", signed_decimal(values[j]), printable(schema.features[j].name),
                        value_text(explanation.row[j], schema.features[j]));
  }
  double rest = 0;
  for (const std::size_t j : std::span(order).subspan(shown)) rest += values[j];
  return shown == n ? text
                    : text + fmt::format("  {:>12}  {} more\n", signed_decimal(rest), counted(n - shown, "feature"));
}

Json explanation_json(const ExplainArguments& arguments, const Schema& schema, const Explanation& explanation) {
  const std::vector<std::string> names = schema.feature_names();
  Json margins = Json::array();
  for (std::size_t k = 0; k < explanation.n_margins; ++k) {
    const auto values = explanation.of_margin(k);
    margins.push_back({{"of", margin_name(schema.target, explanation.n_margins, k)},
                       {"margin", explanation.margin(k)},
                       {"base", values[names.size()]},
                       {"contributions", json_object(names, [&](std::size_t j) { return values[j]; })}});
  }
  return {{"schema", "thrum.explain/1"},
          {"model", arguments.model},
          {"row", arguments.row},
          {"outputs", explanation.outputs},
          {"margins", std::move(margins)}};
}

/// The questions that the row is asked in every tree, which are about the prepared columns.
std::string paths_text(const std::string& name, const Model& model, const std::vector<double>& row) {
  const auto* prepared = dynamic_cast<const PreparedModel*>(&model);
  if (prepared != nullptr) return paths_text(name, prepared->model(), prepared_row(prepared->pipeline(), row));
  const auto* trees = dynamic_cast<const TreeModel*>(&model);
  if (trees == nullptr) {
    throw usage_error(fmt::format("--paths: {} is a {}, which has no trees", name, model.algorithm()));
  }
  std::string text;
  for (std::size_t t = 0; t < trees->ensemble().trees.size(); ++t) text += path_text(*trees, t, row);
  return text;
}

void explain_file(const ExplainArguments& arguments, const Session& session) {
  const auto model = read_model(arguments.model, session.stop());
  const Table table = read_data(arguments.data, session, model->schema());
  session.console.end_progress();
  const std::vector<double> row =
      blame(ExitCode::data, [&] { return read_row(model->schema(), table, arguments.row); });
  const std::string paths = arguments.paths ? paths_text(arguments.model, *model, row) : "";
  Explained explained = explained_of(*model, row);
  const Schema& schema = explained.model.schema();
  const Explanation explanation = explain_row(explained.model, std::move(explained.row));
  if (session.globals.json) {
    print(json_text(explanation_json(arguments, schema, explanation)));
    return;
  }
  print(prediction_line(schema.target, explanation, arguments.row) +
        contributions_text(arguments, schema, explanation) + paths);
}

}  // namespace

Command explain_command() {
  auto arguments = std::make_shared<ExplainArguments>();
  Command command{.name = "explain", .summary = "Say why a model predicts what it does for a row."};
  command.description =
      "What each feature adds to the margin of the row: of linear models its terms, of trees exact Shapley values\n"
      "(TreeSHAP). Behind --prepare a column adds what those add that are made of it; where one is made of several, "
      "the\n"
      "prepared columns are shown. thrum predict --contributions writes the values for all rows.";
  command.examples = {{"thrum explain adult.thrum new.csv --row 3", ""},
                      {"thrum explain adult.thrum new.csv --paths", "with the questions of every tree"}};
  command.parameters = {model_parameter(&ExplainArguments::model, *arguments)};
  for (Parameter& made :
       data_parameters(arguments->data, "the rows, a CSV, TSV, LIBSVM, NPY, NPZ or IDX file; - reads standard input")) {
    command.parameters.push_back(std::move(made));
  }
  const auto flag = [&](const OptionField& field, ParameterTraits traits = {}) {
    command.parameters.push_back(parameter(field, arguments.get(), std::move(traits)));
  };
  flag(option_field("row", &ExplainArguments::row, Range{1}, "which row of the data, counted from 1"), {.value = "N"});
  flag(option_field("class", &ExplainArguments::of_class, {}, "whose margin; by default the most probable class'"));
  flag(option_field("top", &ExplainArguments::top, Range{1}, "how many features to show"), {.value = "N"});
  flag(option_field("paths", &ExplainArguments::paths, {}, "show what the row answers in every tree"));
  command.run = [arguments](Session& session) { explain_file(*arguments, session); };
  return command;
}

}  // namespace thrum::cli
