#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "thrum/comm/execution.h"
#include "thrum/core/options.h"
#include "thrum/data/dataset.h"
#include "thrum/model/model.h"

namespace thrum {

/// One of the fits that Learner::fit_many does in shared passes over the data: a fold, a class, a candidate of a
/// search.
struct FitSpec {
  const Options* options = nullptr;             ///< REQUIRES: made by the same learner's default_options()
  std::span<const std::uint8_t> row_mask = {};  ///< 1: train on this rank's row; empty: on all
  std::span<const double> weights = {};         ///< multiply the dataset's sample weights; empty: ones
  const Model* start = nullptr;                 ///< warm start from a model of the same learner and schema; may be null
  /// What a learner that can stop early watches, of the same schema, this rank's part of it; may be null.
  const Dataset* valid = nullptr;
  std::span<const std::uint8_t> valid_mask = {};  ///< 1: watch this row of `valid`; empty: all
};

/// How a learner needs its rows.
enum class RowAccess {
  sums,      ///< through sums over rows, so ranks may each hold a part
  all_rows,  ///< all rows on one rank, in global order
};

/// Trains models of one algorithm. Stateless; thread-safe.
class Learner {
 public:
  virtual ~Learner() = default;

  virtual std::string_view name() const noexcept = 0;     ///< "logistic-regression"
  virtual std::string_view summary() const noexcept = 0;  ///< one line
  /// What it can learn, one or both; the first is its own.
  virtual std::span<const Task> tasks() const noexcept = 0;
  /// What it learns from this target: an option may say so; else natural_task() where it can learn both.
  virtual Task task(const Options& options, const Column& target) const;
  virtual RowAccess row_access() const noexcept = 0;
  virtual Options default_options() const = 0;
  /// Whether it reads the rows in passes over blocks, so that with Execution::scratch they may be more than memory
  /// holds.
  virtual bool streams() const noexcept { return false; }
  /// Whether it goes on from FitSpec::start.
  virtual bool continues() const noexcept { return false; }

  /// One model per spec, the same on every rank and for any number of threads and ranks (collective).
  /// Throws invalid_argument for options that do not go together or data that the algorithm cannot use; cancelled.
  virtual std::vector<std::unique_ptr<Model>> fit_many(const Dataset& dataset, std::span<const FitSpec> specs,
                                                       const Execution& execution) const = 0;

  std::unique_ptr<Model> fit(const Dataset& dataset, const Options& options, const Execution& execution) const;
};

/// A learner whose options are an OptionsStruct and whose models are TrainedModels.
template <class OptionsStruct, class TrainedModel>
class LearnerOf : public Learner {
 public:
  using Learner::fit;
  /// As with default_options() set to `options`.
  std::unique_ptr<TrainedModel> fit(const Dataset& dataset, const OptionsStruct& options,
                                    const Execution& execution) const {
    const Options described(options, default_options().fields());
    return std::unique_ptr<TrainedModel>(
        static_cast<TrainedModel*>(Learner::fit(dataset, described, execution).release()));
  }
};

/// What Learner::tasks returns.
template <Task... tasks>
inline constexpr Task task_list[] = {tasks...};

/// Every learner, in the order in which help lists them.
std::span<const Learner* const> learners();

/// Throws invalid_argument with the nearest name.
const Learner& find_learner(std::string_view name);

}  // namespace thrum
