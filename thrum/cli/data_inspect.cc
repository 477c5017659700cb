#include <fmt/format.h>

#include <memory>

#include "thrum/cli/column_summary.h"
#include "thrum/cli/commands.h"
#include "thrum/cli/data_arguments.h"
#include "thrum/cli/exit_code.h"
#include "thrum/cli/text.h"
#include "thrum/core/printable.h"
#include "thrum/data/csv_number_internal.h"

namespace thrum::cli {
namespace {

struct InspectArguments {
  DataArguments data = {};
  std::string target = {};
};

using Counts = std::vector<std::pair<std::string, std::size_t>>;

/// The classes of the target where it has few enough to be one of a classification.
Counts class_counts(const Table& table, const std::string& target) {
  constexpr std::size_t most_classes = 100;
  if (target.empty()) return {};
  Counts counts = value_counts(table.column(target));
  return counts.size() <= most_classes ? counts : Counts();
}

/// Numbers as names, but for those that a file without a header gets.
bool has_numbers_for_names(const Table& table) {
  bool are_indices = true;
  for (std::size_t j = 0; j < table.n_columns(); ++j) {
    const std::string& name = table.columns()[j].name();
    if (!csv::is_number(name)) return false;
    are_indices &= name == std::to_string(j);
  }
  return !are_indices;
}

/// `summaries`: of the table's columns.
std::vector<std::string> remarks(const Table& table, const std::vector<ColumnSummary>& summaries,
                                 const std::string& target) {
  const std::size_t n_rows = table.n_rows();
  std::vector<std::string> lines;
  if (has_numbers_for_names(table)) {
    lines.emplace_back("the columns are called by numbers: if the first line is a row, read it with --no-header");
  }
  for (std::size_t j = 0; j < summaries.size(); ++j) {
    const ColumnSummary& summary = summaries[j];
    const std::string odd_texts = texts_remark(table.columns()[j]);
    const auto remark = [&](const std::string& text) {
      lines.push_back(fmt::format("column {} {}", in_quotes(summary.name), text));
    };
    if (summary.n_missing == n_rows) {
      remark("has no value at all: leave it out with --exclude");
    } else if (summary.name == target) {
      if (summary.n_missing > 0) {
        remark(fmt::format("is the target, but missing in {}", counted(summary.n_missing, "row")));
      }
    } else if (!odd_texts.empty()) {
      remark(odd_texts);
    } else if (summary.n_distinct == 1 && summary.n_missing == 0) {
      remark("has the same value in every row: a model learns nothing from it");
    } else if (summary.type == ColumnType::category && n_rows >= 20 && 2 * summary.n_distinct > n_rows) {
      remark("has nearly as many values as rows, as a name or an id has: leave it out with --exclude");
    }
  }
  return lines;
}

std::string table_text(const Table& table, const std::vector<ColumnSummary>& summaries, const std::string& target) {
  std::vector<std::vector<std::string>> rows = {{"column", "type", "missing", "distinct", "values"}};
  for (const ColumnSummary& summary : summaries) {
    rows.push_back({printable(summary.name), std::string(column_type_name(summary.type)), grouped(summary.n_missing),
                    grouped(summary.n_distinct), values_text(summary, table.n_rows())});
  }
  std::string text = fmt::format("{}: {}\n\n", table.source(), shape_text(table.n_rows(), table.n_columns(), "column"));
  text += aligned(rows, "llrrl");
  const Counts classes = class_counts(table, target);
  if (classes.empty()) return text;
  std::vector<std::vector<std::string>> lines;
  for (const auto& [name, count] : classes) {
    const double share = static_cast<double>(count) / static_cast<double>(table.n_rows());
    lines.push_back({"  " + printable(name), counted(count, "row"), fmt::format("{:.1f} %", 100 * share)});
  }
  return text + fmt::format("\ntarget {}: {}\n", printable(target), counted(classes.size(), "class", "classes")) +
         aligned(lines);
}

Json table_json(const Table& table, const std::vector<ColumnSummary>& summaries, const std::string& target) {
  Json columns = Json::array();
  for (const ColumnSummary& summary : summaries) columns.push_back(summary_json(summary));
  Json object = {{"schema", "thrum.data.inspect/1"},
                 {"source", table.source()},
                 {"rows", table.n_rows()},
                 {"columns", columns},
                 {"remarks", remarks(table, summaries, target)}};
  if (target.empty()) return object;
  object["target"] = {{"name", target}};
  for (const auto& [name, count] : class_counts(table, target)) object["target"]["classes"][name] = count;
  return object;
}

void inspect(const InspectArguments& arguments, const Session& session) {
  const LocalExecution execution = session.execution();
  const Table table = read_data(arguments.data, session);
  if (!arguments.target.empty()) blame(ExitCode::data, [&] { return &table.column(arguments.target); });
  const std::vector<ColumnSummary> summaries = summarize(table, execution);
  session.console.end_progress();
  if (session.globals.json) return print(json_text(table_json(table, summaries, arguments.target)));
  print(table_text(table, summaries, arguments.target));
  for (const std::string& line : remarks(table, summaries, arguments.target)) {
    session.console.write(LogLevel::warning, line);
  }
}

}  // namespace

Command data_inspect_command() {
  auto arguments = std::make_shared<InspectArguments>();
  Command command{.name = "inspect",
                  .summary = "Show the columns of a file: types, missing values, ranges, categories."};
  command.examples = {{"thrum data inspect adult.csv --target income", ""}};
  command.parameters = data_parameters(
      arguments->data, "a CSV, TSV, LIBSVM, NPY, NPZ or IDX file, plain, .gz or .zst; - reads standard input");
  command.parameters.push_back(
      parameter(option_field("target", &InspectArguments::target, {}, "count the rows of each class of this column"),
                arguments.get(), {.value = "COLUMN", .group = "Data"}));
  command.run = [arguments](Session& session) { inspect(*arguments, session); };
  return command;
}

}  // namespace thrum::cli
