#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <memory>
#include <optional>
#include <utility>
#include <variant>

#include "thrum/cli/commands.h"
#include "thrum/cli/data_arguments.h"
#include "thrum/cli/evaluation.h"
#include "thrum/cli/exit_code.h"
#include "thrum/cli/memory_limit.h"
#include "thrum/cli/model_argument.h"
#include "thrum/cli/output_path.h"
#include "thrum/cli/sparse_training.h"
#include "thrum/cli/text.h"
#include "thrum/cli/training.h"
#include "thrum/model/linear/logistic_regression_model.h"
#include "thrum/model/model.h"
#include "thrum/model/prepared_model.h"

namespace thrum::cli {
namespace {

struct TrainArguments {
  explicit TrainArguments(const Learner& chosen) : learner(chosen), options(chosen.default_options()) {}

  const Learner& learner;
  Options options;
  DataArguments data;
  std::string target = {};
  std::string query = {};
  std::string output = {};
  std::vector<std::string> exclude = {};
  std::string weight = {};
  std::string valid = {};
  std::string valid_label_file = {};
  std::string prepare = {};
  std::string start = {};
  int ranks = 1;
  bool dense = false;
  MemoryLimit memory;
};

/// What has been measured on the way.
struct TrainReport {
  const Model& model;
  std::size_t n_rows = 0;
  double load_seconds = 0;
  double fit_seconds = 0;
  std::optional<Evaluation> valid = {};
  bool is_sparse = false;  ///< the matrix
};

/// --valid 0.2 as a number; nullopt where it names a file.
std::optional<double> valid_fraction(const std::string& text) {
  double fraction = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), fraction);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (fraction > 0 && fraction < 1) return fraction;
  throw usage_error(fmt::format("--valid: expected a fraction in (0, 1) or a file, got \"{}\"", text));
}

/// Such a learner needs no target.
bool looks_for_anomalies(const Learner& learner) {
  return learner.tasks().front() == Task::anomaly;
}

bool can_rank(const Learner& learner) {
  return std::ranges::find(learner.tasks(), Task::ranking) != learner.tasks().end();
}

/// The model to go on from; null without --start.
std::unique_ptr<Model> read_start(const TrainArguments& arguments) {
  if (arguments.start.empty()) return nullptr;
  if (!arguments.prepare.empty() || !arguments.exclude.empty()) {
    throw usage_error(fmt::format("--start and {} exclude each other: the columns are those of the model",
                                  arguments.prepare.empty() ? "--exclude" : "--prepare"));
  }
  auto start = read_model(arguments.start);
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
                                  target.name, target.query.empty() ? "" : " of each " + target.query));
  }
  return start;
}

/// start: see read_start.
Dataset make_dataset(const TrainArguments& arguments, const std::shared_ptr<const Table>& table, const Model* start) {
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
    return Dataset(table, options);
  });
}

Json report_json(const TrainArguments& arguments, const TrainReport& report, const Session& session) {
  const TrainingRecord& training = report.model.training();
  const Schema& schema = report.model.schema();
  Json object = {{"schema", "thrum.train/1"},
                 {"algorithm", report.model.algorithm()},
                 {"target", schema.target.name},
                 {"rows", report.n_rows},
                 {"features", schema.features.size()},
                 {"load_seconds", report.load_seconds},
                 {"fit_seconds", report.fit_seconds},
                 {"iterations", training.iterations},
                 {"converged", training.converged},
                 {"stopped_by", training.stopped_by},
                 {"objective", objective_json(training)},
                 {"threads", session.threads},
                 {"ranks", arguments.ranks},
                 {"model", arguments.output}};
  if (report.is_sparse) object["matrix"] = "sparse";
  if (session.scratch != nullptr) object["peak_memory_bytes"] = peak_memory_bytes();
  if (schema.target.task == Task::classification) object["classes"] = schema.target.classes;
  if (schema.target.task == Task::anomaly) object["threshold"] = schema.target.threshold;
  if (report.valid) object["valid"] = {{"rows", report.valid->n_rows}, {"metrics", scores_json(*report.valid)}};
  return object;
}

std::string features_text(const Schema& schema) {
  std::size_t categories = 0;
  for (const Feature& feature : schema.features) categories += feature.type == FeatureType::category ? 1 : 0;
  return fmt::format("{} ({} numeric, {} categorical)", counted(schema.features.size(), "feature"),
                     grouped(schema.features.size() - categories), grouped(categories));
}

void say_memory(const Session& session) {
  const std::size_t most = peak_memory_bytes();
  session.say(fmt::format("used  {} of memory at most", byte_size(most)));
  if (most <= session.scratch->memory_limit()) return;
  session.console.write(LogLevel::warning,
                        fmt::format("[train] {} of memory were in use at most, more than --memory-limit; "
                                    "fewer threads need less",
                                    byte_size(most)));
}

void say_report(const TrainArguments& arguments, const TrainReport& report, const Session& session) {
  session.say(fmt::format("fit   {:.2f} s with {}{}: {}, {}", report.fit_seconds,
                          counted(static_cast<std::size_t>(session.threads), "thread"),
                          arguments.ranks > 1 ? fmt::format(" in {} ranks", arguments.ranks) : "",
                          training_line(report.model), report.model.training().stopped_by));
  if (session.scratch != nullptr) say_memory(session);
  if (report.valid) {
    session.say(fmt::format("valid {}\n{}", counted(report.valid->n_rows, "row"), scores_text(*report.valid)));
  }
  if (arguments.output == "-") return;
  std::error_code unknown;
  const auto size = std::filesystem::file_size(arguments.output, unknown);
  session.say(fmt::format("saved {}{}", arguments.output, unknown ? "" : " (" + byte_size(size) + ")"));
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

ValidRows valid_rows(const TrainArguments& arguments, std::optional<double> fraction, const Dataset& dataset,
                     const Table& table, const Session& session) {
  if (arguments.valid.empty()) return {};
  if (fraction) {
    return {.training_mask = dataset.queries().empty()
                                 ? training_mask(dataset.n_rows(), *fraction, session.seed())
                                 : training_mask(dataset.queries(), arguments.query, *fraction, session.seed())};
  }
  DataArguments file = arguments.data;
  file.file = arguments.valid;
  file.label_file = arguments.valid_label_file;
  return {.table = std::make_shared<const Table>(read_data(file, session, table.column_names()))};
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

/// Whether nothing that is asked for needs the rows as a table.
bool may_stay_sparse(const TrainArguments& arguments) {
  const bool has_table_options = !arguments.data.names.empty() || !arguments.data.label_file.empty() ||
                                 !arguments.exclude.empty() || !arguments.weight.empty() || !arguments.valid.empty() ||
                                 !arguments.prepare.empty() || !arguments.start.empty();
  return !arguments.dense && !has_table_options && arguments.target == "label" && arguments.ranks == 1 &&
         arguments.memory.size.empty() && trains_sparse(arguments.learner, arguments.options);
}

void finish(const TrainArguments& arguments, const TrainReport& report, const Session& session) {
  session.execution().get().check_stop("train");
  session.console.end_progress();
  blame(ExitCode::failure, [&] { save_model(report.model, arguments.output, session.stop()); });
  say_report(arguments, report, session);
  if (session.globals.json) print(report_json(arguments, report, session).dump(2) + "\n");
}

void train_on_sparse(const TrainArguments& arguments, const LibsvmData& rows, double load_seconds,
                     const Session& session) {
  const linalg::CsrMatrix& X = rows.features;
  const double density =
      static_cast<double>(X.n_values()) / (static_cast<double>(X.rows()) * static_cast<double>(X.cols()));
  session.say(fmt::format("read  {:.2f} s: {}, {}, of whose numbers {:.2g} % are not zero: a sparse matrix",
                          load_seconds, counted(X.rows(), "row"), counted(X.cols(), "feature"), 100 * density));
  const Stopwatch fitting;
  const auto model = fit([&] { return train_sparse(rows, arguments.options, session); });
  finish(arguments, {*model, X.rows(), load_seconds, fitting.seconds(), {}, true}, session);
}

void train_within(const TrainArguments& arguments, const Session& session) {
  const auto fraction = arguments.valid.empty() ? std::nullopt : valid_fraction(arguments.valid);
  if (!arguments.valid.empty() && arguments.target.empty()) {
    throw usage_error("--valid: expected --target, too: without labels there is nothing to score",
                      "name the column of the labels, or leave --valid out");
  }
  check_model_output(arguments.output,
                     {arguments.data.file, arguments.data.label_file, arguments.valid, arguments.valid_label_file},
                     session);
  const std::vector<PrepareStep> steps = blame(ExitCode::usage, [&] { return parse_steps(arguments.prepare); });
  const std::unique_ptr<Model> start = read_start(arguments);
  const LocalExecution execution = session.execution();
  const Stopwatch loading;
  std::variant<Table, LibsvmData> rows;
  if (may_stay_sparse(arguments)) {
    rows = read_rows(arguments.data, session);
  } else {
    rows = read_data(arguments.data, session, start ? start->schema() : Schema());
  }
  if (const auto* sparse = std::get_if<LibsvmData>(&rows)) {
    return train_on_sparse(arguments, *sparse, loading.seconds(), session);
  }
  const auto table = std::make_shared<const Table>(std::move(std::get<Table>(rows)));
  const Dataset dataset = make_dataset(arguments, table, start.get());
  const double load_seconds = loading.seconds();
  const Schema& schema = dataset.schema();
  session.say(fmt::format(
      "read  {:.2f} s: {}, {}, {}{}", load_seconds, table->source(), counted(table->n_rows(), "row"),
      features_text(schema),
      schema.target.task == Task::classification ? fmt::format(", {} classes", schema.target.classes.size()) : ""));

  warn_of_queries(schema, session);

  TrainingJob job{arguments.learner, arguments.options, dataset};
  job.ranks = arguments.ranks;
  job.steps = steps;
  job.start = start.get();
  const ValidRows valid = valid_rows(arguments, fraction, dataset, *table, session);
  job.row_mask = valid.training_mask;
  std::optional<Dataset> watched;
  if (valid.table != nullptr) {
    watched = blame(ExitCode::data, [&] { return Dataset::by_schema(valid.table, schema, arguments.weight); });
    job.valid = &*watched;
  }
  const Stopwatch fitting;
  const auto model = fit([&] { return train_model(job, session); });
  TrainReport report{*model, table->n_rows(), load_seconds, fitting.seconds()};
  report.valid = evaluate_valid(arguments, *model, *table, valid, execution);
  finish(arguments, report, session);
}

/// Arrays end before what keeps them.
void train(const TrainArguments& arguments, const Session& session) {
  check_limit(arguments);
  const std::unique_ptr<Scratch> scratch = make_scratch(arguments.memory);
  Session within = session;
  within.scratch = scratch.get();
  train_within(arguments, within);
}

std::vector<Parameter> option_parameters(TrainArguments& arguments) {
  std::vector<Parameter> parameters;
  for (const OptionField& field : arguments.options.fields()) {
    OptionField bound = field;
    bound.get = [name = field.name](const void* options) { return static_cast<const Options*>(options)->get(name); };
    bound.set = [name = field.name](void* options, std::string_view text) {
      static_cast<Options*>(options)->set(name, text);
    };
    parameters.push_back(parameter(bound, &arguments.options, {.group = "Options of the learner"}));
  }
  return parameters;
}

std::vector<Parameter> train_parameters(TrainArguments& arguments) {
  auto parameters = data_parameters(
      arguments.data, "a CSV, TSV, LIBSVM, NPY, NPZ or IDX file, plain, .gz or .zst; - reads standard input");
  const auto text = [&](const char* name, std::string TrainArguments::* member, const char* help,
                        ParameterTraits traits) {
    return parameter(option_field(name, member, {}, help), &arguments, std::move(traits));
  };
  const bool unsupervised = looks_for_anomalies(arguments.learner);
  const std::vector<Parameter> own = {
      unsupervised
          ? text("target", &TrainArguments::target,
                 "a column of two labels, of which the rarer one names the anomalies: it is no feature, is not "
                 "learned from, and is what evaluate compares with",
                 {.value = "COLUMN", .group = "Data"})
          : text("target", &TrainArguments::target, "the column to predict",
                 {.value = "COLUMN", .group = "Data", .required = true}),
      list_parameter("exclude", &arguments.exclude, "columns that are not features",
                     {.value = "COLUMN", .group = "Data"}),
      text("weight", &TrainArguments::weight, "a column of sample weights, 0 or more; it is no feature",
           {.value = "COLUMN", .group = "Data"}),
      text("valid", &TrainArguments::valid,
           "score the model on this fraction of the rows, held out, or on the rows of a file",
           {.value = "FRACTION|FILE", .group = "Data"}),
      text("valid_label_file", &TrainArguments::valid_label_file,
           "what --label-file is, for the file that --valid names", {.value = "FILE", .group = "Data"}),
      text("prepare", &TrainArguments::prepare,
           "steps that prepare the columns before training, such as \"impute(strategy=median); one-hot\"; kept in the "
           "model",
           {.value = "STEPS", .group = "Data"}),
      text("output", &TrainArguments::output, "the model file; - is standard output",
           {.letter = 'o', .value = "FILE", .group = "Run", .required = true}),
      parameter(option_field("ranks", &TrainArguments::ranks, Range{1, 256},
                             "groups of threads that share nothing and hold a part of the rows each, as processes of "
                             "a cluster would; the model is the same"),
                &arguments, {.group = "Run"}),
  };
  if (arguments.learner.continues()) {
    parameters.push_back(text("start", &TrainArguments::start,
                              "a model by the same learner to go on from: its columns and categories are looked for in "
                              "DATA",
                              {.value = "MODEL", .group = "Run"}));
  }
  if (can_rank(arguments.learner)) {
    parameters.push_back(
        text("query", &TrainArguments::query,
             "a column whose equal values are one query: a score is learned that puts the rows of each "
             "query in the order of the target, whole numbers from 0 to 31; it is no feature",
             {.value = "COLUMN", .group = "Data"}));
  }
  parameters.insert(parameters.end(), own.begin(), own.end());
  if (arguments.learner.name() == LogisticRegressionModel::name) {
    parameters.push_back(parameter(option_field("dense", &TrainArguments::dense, {},
                                                "take the rows of a LIBSVM file as a dense matrix, even where few of "
                                                "their numbers are not zero"),
                                   &arguments, {.group = "Data"}));
  }
  for (Parameter& limit : memory_parameters(arguments.memory)) parameters.push_back(std::move(limit));
  for (Parameter& option : option_parameters(arguments)) parameters.push_back(std::move(option));
  return parameters;
}

std::vector<Example> anomaly_examples(const std::string& name) {
  const std::string line = fmt::format("thrum train {} payments.csv", name);
  return {{line + " -o payments.thrum", ""},
          {line + " --exclude id --contamination 0.01 -o payments.thrum", "one row of a hundred is to be an anomaly"},
          {line + " --target is_fraud --valid 0.2 --json -o payments.thrum",
           "labels are not learned from, but say how well the score finds them"}};
}

std::vector<Example> examples_of(const Learner& learner) {
  const std::string name(learner.name());
  if (looks_for_anomalies(learner)) return anomaly_examples(name);
  const bool of_numbers = learner.tasks().front() == Task::regression;
  const std::string rows = of_numbers ? "housing" : "adult";
  const std::string target = of_numbers ? "median_house_value" : "income";
  const std::string excluded = of_numbers ? "longitude" : "fnlwgt";
  const std::string line = fmt::format("thrum train {} {}.csv --target {} -o {}.thrum", name, rows, target, rows);
  return {
      {line, ""},
      {line + " --valid 0.2 --json", "hold a fifth of the rows out and score the model on them"},
      {fmt::format("zcat {}.csv.gz | thrum train {} - --target {} --exclude {} -o {}.thrum -j 4", rows, name, target,
                   excluded, rows),
       "from standard input, with four threads"},
  };
}

Command learner_command(const Learner& learner) {
  auto arguments = std::make_shared<TrainArguments>(learner);
  Command command{.name = std::string(learner.name()), .summary = std::string(learner.summary())};
  command.examples = examples_of(learner);
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
