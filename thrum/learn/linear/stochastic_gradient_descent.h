#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "thrum/learn/learner.h"
#include "thrum/learn/linear/sgd.h"

namespace thrum {

/// Sgd as a learner: sgd-classifier and sgd-regressor. Each rank gathers the encoded rows of all, in memory or where
/// Execution::scratch says, and walks over them in the same order, since each step needs the last; threads share the
/// classes, and the fits of fit_many that see the same rows. Three classes or more have the logistic function of their
/// margins, divided by the sum, as probabilities, which are such for log_loss only.
class StochasticGradientDescent final : public LearnerOf<SgdOptions, Model> {
 public:
  explicit StochasticGradientDescent(Task task) : task_(task) {}

  std::string_view name() const noexcept override;
  std::string_view summary() const noexcept override;
  std::span<const Task> tasks() const noexcept override { return {&task_, 1}; }
  RowAccess row_access() const noexcept override { return RowAccess::all_rows; }
  bool streams() const noexcept override { return true; }
  Options default_options() const override { return {SgdOptions::of(task_), SgdOptions::fields(task_)}; }

  /// Throws also invalid_argument: fewer than two classes with a weight above zero, an unknown label in class_weight, a
  /// start, weights that leave the range of numbers.
  std::vector<std::unique_ptr<Model>> fit_many(const Dataset& dataset, std::span<const FitSpec> specs,
                                               const Execution& execution) const override;

 private:
  Task task_;
};

}  // namespace thrum
