#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "thrum/learn/learner.h"
#include "thrum/model/linear/logistic_regression_model.h"

namespace thrum {

struct LogisticRegressionOptions {
  std::string penalty = "auto";  ///< "auto" (by l1_ratio), "l2", "l1", "elasticnet", "none"
  double C = 1.0;                ///< inverse strength of the penalty; infinity: none
  double l1_ratio = 0;           ///< the part of |W|_1 in the penalty
  std::string solver = "auto";   ///< "auto", "lbfgs", "newton-cholesky", "newton-cd", "gradient-descent"
  double tol = 1e-4;  ///< ends training: the largest violation of a condition of optimality of the mean objective
  int max_iter = 100;
  bool fit_intercept = true;
  std::string class_weight = "none";  ///< "none", "balanced", or "label=weight,label=weight" (others: 1)
  std::string dtype = "float64";      ///< of the encoded features: "float64", "float32", "bfloat16"
  bool standardize = true;            ///< numbers to mean 0 and deviation 1 before the penalty applies

  /// One description per option, from which flags, grids and metadata are made.
  static std::span<const OptionField> fields();
};

/// Logistic regression with an L2, an L1, both or no penalty, binary and multinomial (softmax). The objective is
/// scikit-learn's: 1/S sum_i s_i l_i + 1/(C S) (l1_ratio |W|_1 + (1 - l1_ratio)/2 |W|^2) with S = sum_i s_i, where s_i
/// is the sample weight times the weight of the class, and intercepts are not penalised. Without a penalty the rows of
/// W add up to zero.
///
/// Solvers find the same optimum: lbfgs takes a pass over the rows per iteration; newton-cholesky a Hessian as well,
/// which pays for few columns; newton-cd the same with coordinate descent inside, for an L1 penalty; gradient-descent
/// is there to be read. The one that "auto" takes is kept in the model, with the reason.
///
/// Classes are those of the schema: one that no row of a fit's mask has is kept, with a low probability. Data whose
/// classes a hyperplane separates has no finite optimum for C = infinity; the model then says `converged` false and
/// "separable". The fits of fit_many share the passes over the encoded features, whatever their penalties, masks and
/// weights are.
class LogisticRegression final : public LearnerOf<LogisticRegressionOptions, LogisticRegressionModel> {
 public:
  std::string_view name() const noexcept override { return LogisticRegressionModel::name; }
  std::string_view summary() const noexcept override {
    return "linear classifier with an L2, an L1, both or no penalty, binary and multinomial";
  }
  std::span<const Task> tasks() const noexcept override { return task_list<Task::classification>; }
  RowAccess row_access() const noexcept override { return RowAccess::sums; }
  bool streams() const noexcept override { return true; }
  bool continues() const noexcept override { return true; }
  Options default_options() const override {
    return {LogisticRegressionOptions(), LogisticRegressionOptions::fields()};
  }

  /// Throws also invalid_argument: options that exclude each other, a Newton solver for too many parameters, fewer than
  /// two classes with a weight above zero, an unknown label in class_weight, a start of another schema, values too
  /// large for the dtype.
  std::vector<std::unique_ptr<Model>> fit_many(const Dataset& dataset, std::span<const FitSpec> specs,
                                               const Execution& execution) const override;
};

}  // namespace thrum
