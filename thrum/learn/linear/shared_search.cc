#include "thrum/learn/linear/shared_search_internal.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "thrum/learn/linear/lbfgs_search_internal.h"
#include "thrum/learn/linear/sampled_blocks_internal.h"

namespace thrum {
namespace {

/// As many as keep the sums of a pass in the second cache: a matter of speed only.
std::size_t searches_per_pass(std::size_t n_parameters) {
  return std::clamp<std::size_t>(8192 / n_parameters, 4, 64);
}

}  // namespace

template <class T>
void SharedSearch<T>::Parts::go_on_from(const LbfgsResult& near) {
  start = near.x;
  start_is_near = true;
  iterations_before = near.iterations;
  evaluations_before = near.evaluations;
  limits.max_iter -= std::min(limits.max_iter, near.iterations);
}

template <class T>
LbfgsResult SharedSearch<T>::take_result() {
  LbfgsResult result = search_->take_result();
  result.iterations += parts_.iterations_before;
  result.evaluations += parts_.evaluations_before;
  return result;
}

/// Searches that go side by side.
template <class T>
class SharedSearch<T>::Company {
 public:
  Company(std::span<SharedSearch* const> searches, const Execution& execution, const char* where)
      : searches_(searches), execution_(execution), where_(where) {}

  /// Until all are done that have begun.
  void go(bool report) {
    std::size_t iterations = 0;
    for (std::vector<SharedSearch*> going = searching(); !going.empty(); going = searching()) {
      execution_.check_stop(where_);
      for (SharedSearch* search : going) search->add_second_derivatives();
      std::erase_if(going, [](const SharedSearch* search) { return search->search_->done(); });
      if (going.empty()) continue;
      going.resize(std::min(going.size(), searches_per_pass(going[0]->problem_.n_parameters())));
      evaluate(going);
      if (report) report_progress(iterations);
    }
  }

 private:
  std::vector<SharedSearch*> searching() const {
    std::vector<SharedSearch*> going;
    for (SharedSearch* search : searches_) {
      if (search->search_ && !search->search_->done()) going.push_back(search);
    }
    return going;
  }

  static void evaluate(const std::vector<SharedSearch*>& going) {
    std::vector<typename LogisticProblem<T>::Evaluation> evaluations;
    for (SharedSearch* search : going) {
      evaluations.push_back({&search->problem_, search->blocks_, search->search_->point()});
    }
    LogisticProblem<T>::evaluate_together(evaluations);
    for (std::size_t k = 0; k < going.size(); ++k) {
      going[k]->search_->add(evaluations[k].value, evaluations[k].gradient);
    }
  }

  /// Says how far the fit is that has most iterations behind it; `iterations` is what was said last.
  void report_progress(std::size_t& iterations) const {
    std::size_t most = 0;
    std::size_t limit = 0;
    std::size_t n_done = 0;
    for (const SharedSearch* search : searches_) {
      most = std::max(most, search->search_->iterations());
      limit = std::max(limit, search->parts_.limits.max_iter);
      n_done += search->search_->done() ? 1 : 0;
    }
    if (most == iterations) return;
    iterations = most;
    execution_.report({"fit", most, limit,
                       searches_.size() == 1 ? fmt::format("objective {:.6g}", searches_[0]->search_->objective())
                                             : fmt::format("{} of {} fits done", n_done, searches_.size())});
  }

  std::span<SharedSearch* const> searches_;
  const Execution& execution_;
  const char* where_;
};

template <class T>
void SharedSearch<T>::run(std::span<SharedSearch* const> searches, std::size_t n_rows_of_all_ranks,
                          const Execution& execution, const char* where) {
  Company company(searches, execution, where);
  const std::size_t stride = sample_stride(n_rows_of_all_ranks);
  if (stride > 1) {
    for (SharedSearch* search : searches) search->begin_on_sample(stride);
    company.go(false);
  }
  for (SharedSearch* search : searches) search->begin_on_all_rows(stride);
  company.go(true);
}

template <class T>
void SharedSearch<T>::begin_on_sample(std::size_t stride) {
  if (parts_.start_is_near || parts_.saga) return;
  LbfgsOptions limits = parts_.limits;
  limits.gradient_tolerance = std::max(limits.gradient_tolerance, 1e-3);
  blocks_ = problem_.sample(stride);
  begin(parts_.start, blocks_, limits);
}

template <class T>
void SharedSearch<T>::begin_on_all_rows(std::size_t stride) {
  std::vector<double> near = parts_.start;
  if (search_) {
    LbfgsResult rough = search_->take_result();
    if (rough.stopped_by != LbfgsStop::not_finite) near = std::move(rough.x);
  }
  blocks_ = problem_.all_blocks();
  begin(std::move(near), problem_.sample(stride), parts_.limits);
}

template <class T>
void SharedSearch<T>::begin(std::vector<double> start, const BlockSample& curvature_blocks,
                            const LbfgsOptions& limits) {
  switch (parts_.solver) {
    case LogisticSolver::lbfgs:
      curvature_.emplace(problem_, start, curvature_blocks);
      search_ = std::make_unique<LbfgsSearch>(std::move(start), *curvature_, limits);
      break;
    case LogisticSolver::newton:
      search_ = std::make_unique<NewtonSearch>(std::move(start), parts_.l1,
                                               parts_.fit_intercept ? problem_.n_outputs() : 0, limits);
      break;
    case LogisticSolver::newton_cg:
      search_ = std::make_unique<NewtonCgSearch>(std::move(start), limits);
      break;
    case LogisticSolver::saga:
      search_ = std::make_unique<SagaSearch>(std::move(start), std::move(*parts_.saga), limits);
      break;
    case LogisticSolver::gradient_descent:
      search_ = std::make_unique<GradientDescent>(std::move(start), limits);
      break;
  }
}

template <class T>
void SharedSearch<T>::add_second_derivatives() {
  if (search_->wants_hessian()) {
    const auto coefficients = search_->hessian_coefficients();
    search_->add_hessian(coefficients ? problem_.hessian_of(*coefficients, search_->best(), blocks_)
                                      : problem_.hessian(search_->best(), blocks_));
  }
  while (!search_->wanted_product().empty()) {
    search_->add_product(problem_.hessian_product(search_->best(), search_->wanted_product(), blocks_));
  }
}

template class SharedSearch<float>;
template class SharedSearch<double>;

}  // namespace thrum
