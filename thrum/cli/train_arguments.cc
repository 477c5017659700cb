#include "thrum/cli/train_arguments.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>

#include "thrum/learn/sparse_learning.h"

namespace thrum::cli {
namespace {

bool can_rank(const Learner& learner) {
  return std::ranges::find(learner.tasks(), Task::ranking) != learner.tasks().end();
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

Parameter text(TrainArguments& arguments, const char* name, std::string TrainArguments::* member, const char* help,
               ParameterTraits traits) {
  return parameter(option_field(name, member, {}, help), &arguments, std::move(traits));
}

Parameter start_parameter(TrainArguments& arguments) {
  return text(arguments, "start", &TrainArguments::start,
              "a model by the same learner to go on from: its columns and categories are looked for in DATA",
              {.value = "MODEL", .group = "Run"});
}

Parameter query_parameter(TrainArguments& arguments) {
  return text(arguments, "query", &TrainArguments::query,
              "a column whose equal values are one query: a score is learned that puts the rows of each "
              "query in the order of the target, whole numbers from 0 to 31; it is no feature",
              {.value = "COLUMN", .group = "Data"});
}

Parameter target_parameter(TrainArguments& arguments) {
  if (!looks_for_anomalies(arguments.learner)) {
    return text(arguments, "target", &TrainArguments::target, "the column to predict",
                {.value = "COLUMN", .group = "Data", .required = true});
  }
  return text(arguments, "target", &TrainArguments::target,
              "a column of two labels, of which the rarer one names the anomalies: it is no feature, is not "
              "learned from, and is what evaluate compares with",
              {.value = "COLUMN", .group = "Data"});
}

/// Which rows and columns are learned from, and what is scored.
std::vector<Parameter> row_parameters(TrainArguments& arguments) {
  return {
      target_parameter(arguments),
      list_parameter("exclude", &arguments.exclude, "columns that are not features",
                     {.value = "COLUMN", .group = "Data"}),
      text(arguments, "weight", &TrainArguments::weight, "a column of sample weights, 0 or more; it is no feature",
           {.value = "COLUMN", .group = "Data"}),
      text(arguments, "valid", &TrainArguments::valid,
           "score the model on this fraction of the rows, held out, or on the rows of a file",
           {.value = "FRACTION|FILE", .group = "Data"}),
      text(arguments, "valid_label_file", &TrainArguments::valid_label_file,
           "what --label-file is, for the file that --valid names", {.value = "FILE", .group = "Data"}),
      text(arguments, "prepare", &TrainArguments::prepare,
           "steps that prepare the columns before training, such as \"impute(strategy=median); one-hot\"; kept in the "
           "model",
           {.value = "STEPS", .group = "Data"}),
  };
}

std::vector<Parameter> run_parameters(TrainArguments& arguments) {
  return {
      text(arguments, "output", &TrainArguments::output, "the model file; - is standard output",
           {.letter = 'o', .value = "FILE", .group = "Run", .required = true}),
      parameter(option_field("ranks", &TrainArguments::ranks, Range{1, 256},
                             "groups of threads that share nothing and hold a part of the rows each, as processes of "
                             "a cluster would; the model is the same"),
                &arguments, {.group = "Run"}),
  };
}

Parameter dense_parameter(TrainArguments& arguments) {
  return parameter(option_field("dense", &TrainArguments::dense, {},
                                "take the rows of a LIBSVM file as a dense matrix, even where few of their numbers are "
                                "not zero"),
                   &arguments, {.group = "Data"});
}

std::vector<Example> anomaly_examples(const std::string& name) {
  const std::string line = fmt::format("thrum train {} payments.csv", name);
  return {{line + " -o payments.thrum", ""},
          {line + " --exclude id --contamination 0.01 -o payments.thrum", "one row of a hundred is to be an anomaly"},
          {line + " --target is_fraud --valid 0.2 --json -o payments.thrum",
           "labels are not learned from, but say how well the score finds them"}};
}

}  // namespace

bool looks_for_anomalies(const Learner& learner) {
  return learner.tasks().front() == Task::anomaly;
}

std::vector<Parameter> train_parameters(TrainArguments& arguments) {
  auto parameters = data_parameters(
      arguments.data, "a CSV, TSV, LIBSVM, NPY, NPZ or IDX file, plain, .gz or .zst; - reads standard input");
  const auto append = [&](std::vector<Parameter> more) { std::ranges::move(more, std::back_inserter(parameters)); };
  if (arguments.learner.continues()) parameters.push_back(start_parameter(arguments));
  if (can_rank(arguments.learner)) parameters.push_back(query_parameter(arguments));
  append(row_parameters(arguments));
  append(run_parameters(arguments));
  if (takes_sparse(arguments.learner)) parameters.push_back(dense_parameter(arguments));
  append(memory_parameters(arguments.memory));
  append(option_parameters(arguments));
  return parameters;
}

std::vector<Example> train_examples(const Learner& learner) {
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

}  // namespace thrum::cli
