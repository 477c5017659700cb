#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "thrum/comm/execution.h"
#include "thrum/core/options.h"
#include "thrum/core/view.h"
#include "thrum/data/dataset.h"
#include "thrum/data/prepare/column_map.h"
#include "thrum/data/prepare/row_map.h"

namespace thrum {

/// One step of preparing columns, not fitted yet: what it is, the columns it works on, and its options.
struct PrepareStep {
  std::string name;                      ///< "standard-scaler"
  std::string columns = {};              ///< names with | between them; empty: all that it fits …
  std::optional<FeatureType> type = {};  ///< … and that are of this type
  Options options;
};

/// Reads "impute(strategy=median, columns=age|hours); standard-scaler; one-hot(min_frequency=10)". Steps are applied in
/// this order, each to the columns that it fits (or `columns` names, or that are of `type`); the others pass. Throws
/// invalid_argument naming the step, with the nearest name.
std::vector<PrepareStep> parse_steps(std::string_view text);

/// What can stand in a pipeline: names, one line about each, and its options.
struct StepKind {
  std::string_view name;
  std::string_view summary;
  std::string_view columns;  ///< "numbers", "categories" or "all": what it works on if not told
  Options default_options;
};
std::span<const StepKind> step_kinds();

/// Fitted steps, one after the other: how raw columns become those that a learner sees. Immutable, thread-safe.
class Pipeline {
 public:
  /// Learns each step from the dataset's rows of all ranks as the steps before leave them (collective): the same for
  /// any number of threads and ranks. Rows of `row_mask` 0 (empty: none) and of weight 0 have no say. Throws
  /// invalid_argument for columns that a step cannot work on and where no column is left; cancelled.
  static Pipeline fit(const Dataset& dataset, std::span<const std::uint8_t> row_mask,
                      std::span<const PrepareStep> steps, const Execution& execution);

  /// No steps: nothing changes.
  explicit Pipeline(std::vector<Feature> inputs) : inputs_(std::move(inputs)) {}

  /// Those of the dataset; `refuses_unknown` where a step does.
  const std::vector<Feature>& inputs() const noexcept { return inputs_; }
  const std::vector<Feature>& outputs() const noexcept { return steps_.empty() ? inputs_ : steps_.back().outputs; }

  /// The input that output `j` is, where no step changes it.
  std::optional<std::size_t> unchanged_input(std::size_t j) const;

  /// Per output the input that it is made of; none where one is made of several together.
  std::optional<std::vector<std::size_t>> sources() const;

  /// rows: (n, inputs().size()) as a FeatureReader gives them; out: (n, outputs().size()). Allocates nothing but for
  /// the first call of a thread, which throws std::bad_alloc. REQUIRES: the shapes fit.
  void apply(MatrixView<const double> rows, MatrixView<double> out) const;
  /// The same by columns: columns: (inputs().size(), n), out: (outputs().size(), n), which holds zeros.
  void apply_to_columns(MatrixView<const double> columns, MatrixView<double> out) const;

  /// The dataset that a learner is to see: the same rows, targets and weights. For the rows that the pipeline was
  /// fitted on, cross-fitted steps give each row what was learned without it. REQUIRES: the features are inputs().
  Dataset prepare_training(const Dataset& dataset, const Execution& execution) const;
  /// The same for other rows, such as those of a validation set. Throws invalid_argument for a category that a step
  /// refuses.
  Dataset prepare(const Dataset& dataset, const Execution& execution) const;

  /// Of the model file.
  std::string to_json() const;
  /// Throws corrupt_data naming `where`.
  static Pipeline from_json(std::string_view text, std::vector<Feature> inputs, std::string_view where);

 private:
  struct Step {
    std::string name;
    /// One per input column; null: it passes.
    std::vector<std::shared_ptr<const ColumnMap>> maps = {};
    /// What is made of several columns together, behind all others; null: nothing.
    std::shared_ptr<const RowMap> joint = nullptr;
    std::vector<std::size_t> joint_columns = {};
    std::vector<Feature> outputs = {};
    std::vector<std::size_t> widths = {};  ///< outputs per input column

    /// From the maps. Throws invalid_argument where no column is left or two have one name.
    void set_outputs(const std::vector<Feature>& inputs);
  };
  static Step fit_step(const PrepareStep& step, const Pipeline& before, const Dataset& dataset,
                       std::span<const std::uint8_t> row_mask, const Execution& execution);
  template <class Apply>
  Dataset prepare_rows(const Dataset& dataset, const Execution& execution, Apply apply) const;
  /// What is to be read with categories of the training rows only.
  void mark_refusals(const PrepareStep& step);
  /// Per output the input that it is made of; the largest number where it is made of several.
  std::vector<std::size_t> all_sources() const;
  /// So many rows go through all steps together.
  std::size_t rows_at_once() const;
  template <class ApplyMap>
  void run(MatrixView<const double> columns, MatrixView<double> out, ApplyMap apply_map) const;

  std::vector<Feature> inputs_;
  std::vector<Step> steps_;
};

}  // namespace thrum
