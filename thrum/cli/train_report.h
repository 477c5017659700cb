#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "thrum/cli/evaluation.h"
#include "thrum/cli/session.h"
#include "thrum/cli/train_arguments.h"
#include "thrum/core/json_internal.h"
#include "thrum/model/model.h"

namespace thrum::cli {

/// A model, and what has been measured on the way to it.
struct TrainReport {
  const Model& model;
  std::size_t n_rows = 0;
  double load_seconds = 0;
  double fit_seconds = 0;
  std::optional<Evaluation> valid = {};
  bool is_sparse = false;  ///< the matrix
};

/// What --json prints.
Json report_json(const TrainArguments& arguments, const TrainReport& report, const Session& session);

/// The same for people, after the model is saved.
void say_report(const TrainArguments& arguments, const TrainReport& report, const Session& session);

/// "14 features (6 numeric, 8 categorical)"
std::string features_text(const Schema& schema);

}  // namespace thrum::cli
