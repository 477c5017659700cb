#pragma once

#include <fmt/format.h>

#include <cstddef>
#include <string_view>
#include <vector>

#include "thrum/learn/linear/logistic_problem_internal.h"
#include "thrum/learn/linear/sparse_problem_internal.h"

namespace thrum {

/// What a search was stopped by that has no end.
inline constexpr std::string_view separable = "separable";

/// Whether the objective of a fit without a penalty has no minimum: where a direction of the parameters, an affine
/// function of the features, separates the classes, if only as far as no row of either lies on the wrong side of it, or
/// is zero on all rows whose count is above 0 and below it on some others (Albert and Anderson, "On the existence of
/// maximum likelihood estimates in logistic regression models", Biometrika 71, 1984). Newton's steps tell: along such a
/// direction v the slope of a row's loss is no less than its curvature c, so that a step d, which solves the equations
/// sum_i c_i (x_i v) (x_i d) = sum_i slope_i (x_i v), moves the margin of one row at least by 1, at any point. Of
/// several classes, which v separates where no row's own margin falls behind another, the same holds for the difference
/// of two margins of a row: for a_k, by which v moves the margin of class k from that of its own, and b_k, by which d
/// does, the equations are sum_i s_i sum_k p_ik a_ik (b_ik - sum_l p_il b_il) = -sum_i s_i sum_k p_ik a_ik, where no
/// a_ik is above zero. At a minimum the steps vanish. The first step that moves all margins by less than half proves
/// that there is a minimum, which at the end of a fit is the first of all but for loose tolerances; after many that did
/// not the answer is yes. Each step is halved until it lowers the objective, so that it cannot leap over a minimum.
/// Collective. REQUIRES: the loss of classes or that of counts; parameters where a search has ended, and the Hessian
/// there.
bool is_separated(LogisticProblem<double> problem, std::vector<double> parameters, std::vector<double> hessian);
/// The same of sparse rows. REQUIRES: n_parameters() <= most_separating_parameters.
bool is_separated(const SparseProblem& problem, std::vector<double> parameters);

/// Where the Hessian is formed for this question alone, it is so for as many parameters at most: it takes the longer,
/// beside the search, the more there are.
inline constexpr std::size_t most_separating_parameters = 256;

/// The model's parts say that it is so.
template <class Parts>
void record_separation(Parts& parts) {
  parts.training.converged = false;
  parts.training.stopped_by = separable;
  parts.no_inference = fmt::format("the fit did not converge ({})", separable);
}

/// The warning of such a fit: what is separable, and what to do about it.
void log_separable(std::string_view where, std::string_view what, std::string_view remedy);

}  // namespace thrum
