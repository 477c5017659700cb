#include <fmt/format.h>

#include <filesystem>
#include <memory>

#include "thrum/cli/commands.h"
#include "thrum/cli/data_arguments.h"
#include "thrum/cli/exit_code.h"
#include "thrum/cli/output_path.h"
#include "thrum/cli/row_selection.h"
#include "thrum/cli/text.h"
#include "thrum/cli/training.h"
#include "thrum/core/json_internal.h"
#include "thrum/data/queries.h"
#include "thrum/data/write_csv.h"

namespace thrum::cli {
namespace {

struct SplitArguments {
  DataArguments data = {};
  double fraction = 0.2;
  std::string query = {};
  std::string train = {};
  std::string test = {};
};

std::vector<std::uint8_t> mask_of(const SplitArguments& arguments, const Table& table, std::uint64_t seed) {
  if (arguments.query.empty()) return training_mask(table.n_rows(), arguments.fraction, seed);
  const auto queries = blame(ExitCode::data, [&] { return number_queries(table, table.column(arguments.query)); });
  return training_mask(queries, arguments.query, arguments.fraction, seed);
}

void split_file(const SplitArguments& arguments, const Session& session) {
  const auto plain = [](const std::string& path) { return std::filesystem::path(path).lexically_normal(); };
  if (plain(arguments.train) == plain(arguments.test)) throw usage_error("--train and --test name the same file");
  check_output(arguments.train, {arguments.data.file, arguments.data.label_file});
  check_output(arguments.test, {arguments.data.file, arguments.data.label_file});
  const LocalExecution execution = session.execution();
  const Table table = read_data(arguments.data, session);
  if (table.n_rows() < 2) throw Failure(ExitCode::data, ErrorCode::invalid_argument, "a single row cannot be split");
  const std::vector<std::uint8_t> mask = mask_of(arguments, table, session.seed());
  const Table test = select_rows(table, mask, 0);
  const Table train = select_rows(table, mask, 1);
  StagedFile train_file = stage_csv(train, arguments.train, execution);
  StagedFile test_file = stage_csv(test, arguments.test, execution);
  train_file.publish();
  test_file.publish();
  session.say(fmt::format("wrote {} to {}, {} to {}", counted(train.n_rows(), "row"), arguments.train,
                          grouped(test.n_rows()), arguments.test));
  if (!session.globals.json) return;
  const Json object = {{"schema", "thrum.data.split/1"},
                       {"rows", table.n_rows()},
                       {"seed", session.seed()},
                       {"train", {{"file", arguments.train}, {"rows", train.n_rows()}}},
                       {"test", {{"file", arguments.test}, {"rows", test.n_rows()}}}};
  print(json_text(object));
}

}  // namespace

Command data_split_command() {
  auto arguments = std::make_shared<SplitArguments>();
  Command command{.name = "split", .summary = "Split a file at random into one to train on and one to test with."};
  command.examples = {{"thrum data split adult.csv --train train.csv --test test.csv --fraction 0.2 --seed 1", ""}};
  command.parameters = data_parameters(
      arguments->data, "a CSV, TSV, LIBSVM, NPY, NPZ or IDX file, plain, .gz or .zst; - reads standard input");
  const std::vector<Parameter> own = {
      parameter(option_field("fraction", &SplitArguments::fraction,
                             Range{.low = 0, .high = 1, .low_open = true, .high_open = true},
                             "the share of the rows to test with"),
                arguments.get()),
      parameter(option_field("query", &SplitArguments::query, {},
                             "a column whose equal values, such as those of a query or a patient, stay together: the "
                             "fraction is one of these"),
                arguments.get(), {.value = "COLUMN"}),
      parameter(option_field("train", &SplitArguments::train, {}, "the CSV file of the rows to train on"),
                arguments.get(), {.value = "FILE", .required = true}),
      parameter(option_field("test", &SplitArguments::test, {}, "the CSV file of the rows to test with"),
                arguments.get(), {.value = "FILE", .required = true}),
  };
  command.parameters.insert(command.parameters.end(), own.begin(), own.end());
  command.run = [arguments](Session& session) { split_file(*arguments, session); };
  return command;
}

}  // namespace thrum::cli
