#pragma once

#include <memory>
#include <stop_token>
#include <string>

#include "thrum/cli/parameter.h"
#include "thrum/core/json_internal.h"
#include "thrum/model/model.h"

namespace thrum::cli {

/// The positional MODEL that fills `file`, a member of `arguments`.
template <class Arguments>
Parameter model_parameter(std::string Arguments::* file, Arguments& arguments) {
  return parameter(option_field("model", file, {}, "a model file that thrum train wrote"), &arguments,
                   {.value = "MODEL", .positional = true, .required = true});
}

/// Throws Failure (model) for a file that is missing or is no valid model; cancelled.
std::unique_ptr<Model> read_model(const std::string& file, const std::stop_token& stop);

/// "adult.thrum: logistic-regression, predicts income (2 classes) from 14 features"
std::string model_line(const Model& model, const std::string& file);

/// "objective 0.13 after 20 iterations"; a ranking's is "1 - ndcg@10"; "20 iterations" where the algorithm has none.
std::string training_line(const Model& model);

/// null where there is none.
Json objective_json(const TrainingRecord& training);

}  // namespace thrum::cli
