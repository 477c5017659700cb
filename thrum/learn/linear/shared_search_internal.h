#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "thrum/comm/execution.h"
#include "thrum/learn/linear/curvature_internal.h"
#include "thrum/learn/linear/descent_search_internal.h"
#include "thrum/learn/linear/encoded_fits_internal.h"
#include "thrum/learn/linear/logistic_problem_internal.h"
#include "thrum/learn/linear/logistic_solver_internal.h"
#include "thrum/learn/linear/saga_search_internal.h"

namespace thrum {

/// The search for one fit's minimum, which shares the passes over X with others.
template <class T>
class SharedSearch {
 public:
  struct Parts {
    L1Penalty l1 = {};
    LogisticSolver solver = LogisticSolver::lbfgs;
    LbfgsOptions limits = {};
    bool fit_intercept = true;
    std::vector<double> start = {};        ///< (n_parameters)
    bool start_is_near = false;            ///< where it comes from a model: a sample would lead away from it
    std::optional<SagaProblem> saga = {};  ///< of the solver saga, which does not look at a sample
    std::size_t iterations_before = 0;     ///< of the search that this one goes on from
    std::size_t evaluations_before = 0;    ///< of the same

    /// From where a search on rounded rows ended, with the iterations that it left.
    void go_on_from(const LbfgsResult& near);
  };
  SharedSearch(LogisticProblem<T> problem, Parts parts) : problem_(std::move(problem)), parts_(std::move(parts)) {}

  const LogisticProblem<T>& problem() const noexcept { return problem_; }
  bool has_l1() const noexcept { return parts_.l1.l1 > 0; }
  /// REQUIRES: run() is over.
  LbfgsResult take_result();

  /// Until all are at their minima: first to that of a sample of the rows, to the precision that the sample is worth.
  /// A search has the same bits as if it went alone (collective). `where` names the learner. REQUIRES: problems of one
  /// matrix and one n_outputs. Throws cancelled.
  static void run(std::span<SharedSearch* const> searches, std::size_t n_rows_of_all_ranks, const Execution& execution,
                  const char* where);

 private:
  class Company;

  void begin(std::vector<double> start, const BlockSample& curvature_blocks, const LbfgsOptions& limits);
  void begin_on_sample(std::size_t stride);
  void begin_on_all_rows(std::size_t stride);
  /// Gives the search what it wants of the Hessian.
  void add_second_derivatives();

  LogisticProblem<T> problem_;
  Parts parts_;
  BlockSample blocks_;                          ///< the rows that the search is on at present
  std::optional<Curvature<T>> curvature_ = {};  ///< the search may refer to it
  std::unique_ptr<PointSearch> search_ = {};
};

/// What the mean loss can tell apart: margins in single precision move it by far less than their own rounding. Rounded
/// rows move the gradient of the rows themselves by as much as may be left of theirs.
template <class T>
LbfgsOptions search_limits(const DesignMatrix<T>& x, double tol, int max_iter) {
  constexpr double of_rounding = 1e-5;
  LbfgsOptions limits{.max_iter = static_cast<std::size_t>(max_iter),
                      .gradient_tolerance = x.storage() == RowStorage::bfloat16 ? std::max(tol, of_rounding) : tol};
  if constexpr (sizeof(T) == 4) limits.precision = 0x1p-33;
  return limits;
}

/// The fits of a group, one for each member, whose searches have gone side by side to their ends. `fits` are those made
/// so far, for prepare(spec, encoder, near) to share with; near: where the search begins, null: as the spec says.
template <class T, class Fit, class Prepare>
void search_group(std::vector<std::unique_ptr<Fit>>& fits, std::span<const FitSpec> specs, const EncodedFits& group,
                  std::span<const LbfgsResult> near, Prepare prepare, std::size_t n_rows_of_all_ranks,
                  const Execution& execution, const char* where) {
  fits.clear();
  for (std::size_t k = 0; k < group.members.size(); ++k) {
    const EncodedFits::Member& member = group.members[k];
    fits.push_back(prepare(specs[member.spec], member.own, near.empty() ? nullptr : &near[k]));
  }
  std::vector<SharedSearch<T>*> searches;
  for (const auto& fit : fits) searches.push_back(&fit->search);
  SharedSearch<T>::run(searches, n_rows_of_all_ranks, execution, where);
}

/// Where they have ended.
template <class Fit>
std::vector<LbfgsResult> take_results(const std::vector<std::unique_ptr<Fit>>& fits) {
  std::vector<LbfgsResult> results;
  for (const auto& fit : fits) results.push_back(fit->search.take_result());
  return results;
}

}  // namespace thrum
