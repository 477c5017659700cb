#pragma once

#include <string>
#include <vector>

#include "thrum/cli/command.h"
#include "thrum/cli/data_arguments.h"
#include "thrum/cli/memory_limit.h"
#include "thrum/cli/parameter.h"
#include "thrum/learn/learner.h"

namespace thrum::cli {

/// What `thrum train LEARNER` is told.
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

/// Such a learner needs no target.
bool looks_for_anomalies(const Learner& learner);

/// All flags of the learner's command. `arguments` outlives them.
std::vector<Parameter> train_parameters(TrainArguments& arguments);

/// For its help.
std::vector<Example> train_examples(const Learner& learner);

}  // namespace thrum::cli
