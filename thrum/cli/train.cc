#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <memory>
#include <optional>
#include <utility>
#include <variant>

#include "thrum/cli/commands.h"
#include "thrum/cli/evaluation.h"
#include "thrum/cli/exit_code.h"
#include "thrum/cli/memory_limit.h"
#include "thrum/cli/model_argument.h"
#include "thrum/cli/output_path.h"
#include "thrum/cli/sparse_training.h"
#include "thrum/cli/text.h"
#include "thrum/cli/train_arguments.h"
#include "thrum/cli/train_report.h"
#include "thrum/cli/training.h"
#include "thrum/core/printable.h"
#include "thrum/model/model.h"
#include "thrum/model/prepared_model.h"

namespace thrum::cli {
namespace {

/// --valid 0.2 as a number; nullopt where it names a file or is not given.
std::optional<double> valid_fraction(const std::string& text) {
  double fraction = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), fraction);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (fraction > 0 && fraction < 1) return fraction;
  throw usage_error(fmt::format("--valid: expected a fraction in (0, 1) or a file, got \"{}\"", text));
}

/// The model to go on from; null without --start.
std::unique_ptr<Model> read_start(const TrainArguments& arguments, const std::stop_token& stop) {
  if (arguments.start.empty()) return nullptr;
  if (!arguments.prepare.empty() || !arguments.exclude.empty()) {
    throw usage_error(fmt::format("--start and {} exclude each other: the columns are those of the model",
                                  arguments.prepare.empty() ? "--exclude" : "--prepare"));
  }
  auto start = read_model(arguments.start, stop);
  if (dynamic_cast<const PreparedModel*>(start.get()) != nullptr) {
    throw usage_error(
        fmt::format("--start: {} prepares its columns; such a model cannot be continued", arguments.start));
  }
  const Target& target = start->schema().target;
  if (start->algorithm() != arguments.learner.name()) {
    throw usage_error(fmt::format("--start: expected a model by {}, {} is by {}", arguments.learner.name(),
                                  arguments.start, start->algorithm()));
  }
  if (target.name != arguments.target || target.query != arguments.query) {
    throw usage_error(fmt::format("--start: {} learned {}{}, not what --target and --query name", arguments.start,
                                  printable(target.name),
                                  target.query.empty() ? "" : " of each " + printable(target.query)));
  }
  return start;
}

/// start: see read_start.
Dataset make_dataset(const TrainArguments& arguments, const std::shared_ptr<const Table>& table, const Model* start,
                     Scratch* scratch) {
  return blame(ExitCode::data, [&] {
    if (start != nullptr) return Dataset::by_schema(table, start->schema(), arguments.weight);
    Dataset::Options options{.target = arguments.target};
    options.task = looks_for_anomalies(arguments.learner)
                       ? Task::anomaly
                       : arguments.learner.task(arguments.options, table->column(arguments.target));
    options.query = arguments.query;
    if (!arguments.query.empty()) options.task = Task::ranking;
    options.exclude = arguments.exclude;
    options.weight = arguments.weight;
    return Dataset(table, options, scratch);
  });
}

/// What --valid names: a table of its own, or rows of the training table that are held out.
struct ValidRows {
  std::shared_ptr<const Table> table = {};
  std::vector<std::uint8_t> training_mask = {};  ///< empty: train on all rows
};

/// LIBSVM's column of queries says which rows belong together, and nothing of a row.
void warn_of_queries(const Schema& schema, const Session& session) {
  if (std::ranges::find(schema.features, "qid", &Feature::name) == schema.features.end()) return;
  session.console.write(LogLevel::warning,
                        "[train] the column qid is a feature; --query qid ranks the rows of each query, --exclude qid "
                        "leaves it out");
}

/// REQUIRES: --valid names a file.
DataArguments valid_arguments(const TrainArguments& arguments) {
  DataArguments file = arguments.data;
  file.file = arguments.valid;
  file.label_file = arguments.valid_label_file;
  return file;
}

ValidRows valid_rows(const TrainArguments& arguments, const Dataset& dataset, const Table& table,
                     const Session& session) {
  if (arguments.valid.empty()) return {};
  if (const auto fraction = valid_fraction(arguments.valid)) {
    return {.training_mask = dataset.queries().empty()
                                 ? training_mask(dataset.n_rows(), *fraction, session.seed())
                                 : training_mask(dataset.queries(), arguments.query, *fraction, session.seed())};
  }
  return {.table = std::make_shared<const Table>(read_data(valid_arguments(arguments), session, table.column_names()))};
}

std::optional<Evaluation> evaluate_valid(const TrainArguments& arguments, const Model& model, const Table& table,
                                         const ValidRows& valid, const Execution& execution) {
  if (arguments.valid.empty()) return std::nullopt;
  const EvaluationRows rows{inverted(valid.training_mask), arguments.weight};
  return evaluate(model, valid.table != nullptr ? *valid.table : table, rows, execution);
}

/// What a learner refuses is the data's fault, but not what the system refuses it.
template <class Train>
std::unique_ptr<Model> fit(Train train) {
  return blame(ExitCode::data, [&] {
    try {
      return train();
    } catch (const Error& error) {
      if (error.code() == ErrorCode::io) throw Failure(ExitCode::failure, error);
      throw;
    }
  });
}

std::string streaming_learners() {
  std::vector<std::string_view> names;
  for (const Learner* learner : learners()) {
    if (learner->streams()) names.push_back(learner->name());
  }
  return fmt::format("{}", fmt::join(names, ", "));
}

/// Most learners hold all rows in memory.
void check_limit(const TrainArguments& arguments) {
  if (arguments.memory.size.empty() || arguments.learner.streams()) return;
  throw usage_error(fmt::format("--memory-limit: {} keeps all rows in memory", arguments.learner.name()),
                    fmt::format("learners that do not: {}", streaming_learners()));
}

/// Why the rows of a LIBSVM file are to become a table; nullopt: nothing that is asked for needs one.
std::optional<DenseNeed> why_dense(const TrainArguments& arguments, const LibsvmData& rows) {
  const auto leave_out = [](const char* flag) {
    return DenseNeed{fmt::format("{} needs a table", flag), "leave it out"};
  };
  if (arguments.dense) return DenseNeed{"--dense asks for a table", "leave it out"};
  if (!rows.query_ids.empty()) return DenseNeed{"queries need a table", "use fewer rows or columns"};
  if (!rows.is_mostly_zeros()) {
    return DenseNeed{"a tenth of the numbers or more are not zero", "linear learners take --memory-limit"};
  }
  if (!arguments.exclude.empty()) return leave_out("--exclude");
  if (!arguments.weight.empty()) return leave_out("--weight");
  if (!arguments.prepare.empty()) return leave_out("--prepare");
  if (!arguments.start.empty()) return leave_out("--start");
  if (arguments.target != "label") return DenseNeed{"the target is not the label", "use --target label"};
  return needs_dense(arguments.learner, arguments.options, rows.features.cols());
}

std::string sparse_learners() {
  std::vector<std::string_view> names;
  for (const Learner* learner : learners()) {
    if (takes_sparse(*learner)) names.push_back(learner->name());
  }
  return fmt::format("rows stay sparse in {}", fmt::join(names, ", "));
}

bool wants_float32(const Options& options) {
  const auto is_dtype = [](const OptionField& field) { return field.name == "dtype"; };
  return std::ranges::any_of(options.fields(), is_dtype) && options.get("dtype") == "float32";
}

/// Keeps the values in half the memory.
void narrow(LibsvmData& rows) {
  blame(ExitCode::data, [&] { rows.features = std::move(rows.features).to_float32(); });
}

Table make_dense(const LibsvmData& rows, const DenseNeed& need, const Session& session) {
  const std::string remedy = fmt::format("{}: {}", need.why, need.remedy.empty() ? sparse_learners() : need.remedy);
  return blame(ExitCode::data, [&] { return dense_table(rows, remedy, session.execution()); });
}

void finish(const TrainArguments& arguments, const TrainReport& report, const Session& session) {
  session.execution().get().check_stop("train");
  session.console.end_progress();
  blame(ExitCode::failure, [&] { save_model(report.model, arguments.output, session.stop()); });
  say_report(arguments, report, session);
  if (session.globals.json) print(json_text(report_json(arguments, report, session)));
}

Evaluation evaluate_sparse(const TrainArguments& arguments, const Model& model, const LibsvmData& rows,
                           const std::vector<std::uint8_t>& training_mask, const Session& session) {
  const LocalExecution execution = session.execution();
  if (!training_mask.empty()) return evaluate(model, rows, {.mask = inverted(training_mask)}, execution);
  return evaluate(model, read_rows(valid_arguments(arguments), session, model.schema()), {}, execution);
}

void train_on_sparse(const TrainArguments& arguments, const LibsvmData& rows, double load_seconds,
                     const Session& session) {
  const linalg::CsrMatrix& X = rows.features;
  const double density =
      static_cast<double>(X.n_values()) / (static_cast<double>(X.rows()) * static_cast<double>(X.cols()));
  session.say(fmt::format("read  {:.2f} s: {}, {}, of whose numbers {:.2g} % are not zero: a sparse matrix",
                          load_seconds, counted(X.rows(), "row"), counted(X.cols(), "feature"), 100 * density));
  SparseJob job{arguments.learner, arguments.options, rows};
  job.ranks = arguments.ranks;
  if (const auto fraction = valid_fraction(arguments.valid))
    job.row_mask = training_mask(X.rows(), *fraction, session.seed());
  const Stopwatch fitting;
  const auto model = fit([&] { return train_sparse(job, session); });
  TrainReport report{*model, X.rows(), load_seconds, fitting.seconds(), {}, true};
  if (!arguments.valid.empty()) report.valid = evaluate_sparse(arguments, *model, rows, job.row_mask, session);
  finish(arguments, report, session);
}

void check_arguments(const TrainArguments& arguments, const Session& session) {
  static_cast<void>(valid_fraction(arguments.valid));
  if (!arguments.valid.empty() && arguments.target.empty()) {
    throw usage_error("--valid: expected --target, too: without labels there is nothing to score",
                      "name the column of the labels, or leave --valid out");
  }
  check_model_output(arguments.output,
                     {arguments.data.file, arguments.data.label_file, arguments.valid, arguments.valid_label_file},
                     session);
}

void say_what_was_read(const Table& table, const Schema& schema, double load_seconds, const Session& session) {
  const std::size_t n_classes = schema.target.task == Task::classification ? schema.target.classes.size() : 0;
  session.say(fmt::format("read  {:.2f} s: {}, {}, {}{}", load_seconds, table.source(), counted(table.n_rows(), "row"),
                          features_text(schema), n_classes > 0 ? fmt::format(", {} classes", n_classes) : ""));
  warn_of_queries(schema, session);
}

/// `job` is made of rows of `table`, which took `load_seconds` to read.
void train_on_table(const TrainArguments& arguments, TrainingJob job, const Table& table, double load_seconds,
                    const Session& session) {
  const ValidRows valid = valid_rows(arguments, job.dataset, table, session);
  job.row_mask = valid.training_mask;
  if (!job.row_mask.empty() && job.start == nullptr) {
    job.dataset = blame(ExitCode::data, [&] { return job.dataset.with_categories_of(job.row_mask, session.scratch); });
  }
  std::optional<Dataset> watched;
  if (valid.table != nullptr) {
    watched =
        blame(ExitCode::data, [&] { return Dataset::by_schema(valid.table, job.dataset.schema(), arguments.weight); });
    job.valid = &*watched;
  }
  const Stopwatch fitting;
  const auto model = fit([&] { return train_model(job, session); });
  TrainReport report{*model, table.n_rows(), load_seconds, fitting.seconds()};
  report.valid = evaluate_valid(arguments, *model, table, valid, session.execution());
  finish(arguments, report, session);
}

void train_within(const TrainArguments& arguments, const Session& session) {
  check_arguments(arguments, session);
  const std::vector<PrepareStep> steps = blame(ExitCode::usage, [&] { return parse_steps(arguments.prepare); });
  const std::unique_ptr<Model> start = read_start(arguments, session.stop());
  const Stopwatch loading;
  DataRows rows =
      read_rows(arguments.data, session, start ? start->schema().feature_names() : std::vector<std::string>());
  if (auto* sparse = std::get_if<LibsvmData>(&rows)) {
    const auto need = why_dense(arguments, *sparse);
    if (!need) {
      if (wants_float32(arguments.options)) narrow(*sparse);
      return train_on_sparse(arguments, *sparse, loading.seconds(), session);
    }
    rows = make_dense(*sparse, *need, session);
  }
  const auto table = std::make_shared<const Table>(std::move(std::get<Table>(rows)));
  const Dataset dataset = make_dataset(arguments, table, start.get(), session.scratch);
  const double load_seconds = loading.seconds();
  say_what_was_read(*table, dataset.schema(), load_seconds, session);
  TrainingJob job{arguments.learner, arguments.options, dataset};
  job.ranks = arguments.ranks;
  job.steps = steps;
  job.start = start.get();
  train_on_table(arguments, std::move(job), *table, load_seconds, session);
}

/// Arrays end before what keeps them.
void train(const TrainArguments& arguments, const Session& session) {
  check_limit(arguments);
  const std::unique_ptr<Scratch> scratch = make_scratch(arguments.memory);
  Session within = session;
  within.scratch = scratch.get();
  train_within(arguments, within);
}

Command learner_command(const Learner& learner) {
  auto arguments = std::make_shared<TrainArguments>(learner);
  Command command{.name = std::string(learner.name()), .summary = std::string(learner.summary())};
  command.examples = train_examples(learner);
  command.parameters = train_parameters(*arguments);
  command.run = [arguments](Session& session) { train(*arguments, session); };
  return command;
}

}  // namespace

Command train_command() {
  Command command{.name = "train", .summary = "Train a model from a file of rows."};
  command.description =
      "What a learner needs of the columns, such as categories, scales or what to do about missing values, it learns "
      "from\n"
      "the rows and keeps in the model. The model file is the same for any number of threads and ranks.";
  command.subcommand_noun = "learner";
  command.examples = {{"thrum train logistic-regression adult.csv --target income -o adult.thrum", ""}};
  for (const Learner* learner : learners()) command.subcommands.push_back(learner_command(*learner));
  return command;
}

}  // namespace thrum::cli
