#include "thrum/learn/tree/watch_internal.h"

#include "thrum/comm/row_blocks.h"
#include "thrum/core/error.h"
#include "thrum/learn/tree/raw_margins_internal.h"
#include "thrum/metrics/ranking.h"

namespace thrum {
namespace {

[[noreturn]] void refuse(const char* message, const char* hint) {
  throw Error(ErrorCode::invalid_argument, message, hint);
}

/// For sums of large numbers of which only some are wanted.
std::vector<double> gathered(std::span<const double> mine, const Execution& execution) {
  std::vector<double> all;
  for (const auto& part : execution.communicator->allgatherv(mine)) all.insert(all.end(), part.begin(), part.end());
  return all;
}

}  // namespace

Watch::Watch(const FitSpec& spec, const GbdtOptions& options, const Objective& objective, const BinnedTable& table,
             const TreeEnsemble& start, const Execution& execution)
    : dataset_(*spec.valid),
      options_(options),
      objective_(objective),
      execution_(execution),
      table_(table.rebuild(dataset_, execution)),
      weights_(dataset_.n_rows()),
      n_margins_(objective.n_margins()),
      margins_(n_margins_ * dataset_.n_rows()) {
  for (std::size_t i = 0; i < weights_.size(); ++i) weights_[i] = dataset_.weight(i, spec.valid_mask, {});
  write_raw_margins(start, dataset_, {margins_.data(), n_margins_, dataset_.n_rows()}, execution);
  const double total = mean([](const Watch& watch, std::size_t i) { return watch.weights_[i] > 0 ? 1.0 : 0.0; });
  if (!(total > 0)) refuse("[gbdt] no watched row has a weight above 0", "watch rows with weights above 0");
  if (objective_.task() == Task::ranking) queries_.emplace(dataset_, weights_, execution_);
  best_ = score_ = measure();
}

void Watch::add(const TreeRouter& router, std::span<const double> leaf_values, std::size_t k) {
  double* margins = margins_.data() + k * dataset_.n_rows();
  parallel_for(*execution_.arena, dataset_.n_rows(), row_block, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) margins[i] += leaf_values[router.leaf(table_, i)];
  });
}

bool Watch::is_over(std::size_t round) {
  score_ = measure();
  if (score_ < best_) {
    best_ = score_;
    best_round_ = round;
  }
  return round - best_round_ >= static_cast<std::size_t>(options_.stopping_rounds);
}

/// Less is better.
double Watch::measure() const {
  if (options_.metric == "auc") return 1 - area();
  if (options_.metric == "error") return mean(misplaced);
  return mean_loss();
}

double Watch::mean(double (*term)(const Watch& watch, std::size_t i)) const {
  const auto sums = sum_row_blocks(execution_, dataset_.n_rows(), 2,
                                   [&](std::size_t begin, std::size_t end, std::span<double> partial) {
                                     for (std::size_t i = begin; i < end; ++i) {
                                       partial[0] += weights_[i] * term(*this, i);
                                       partial[1] += weights_[i];
                                     }
                                   });
  return sums[0] / sums[1];
}

double Watch::mean_loss() const {
  if (queries_) return queries_->mean_loss(objective_, margins_);
  const auto sums = sum_row_blocks(
      execution_, dataset_.n_rows(), 2, [&](std::size_t begin, std::size_t end, std::span<double> partial) {
        const std::span weights = std::span(weights_).subspan(begin, end - begin);
        partial[0] =
            objective_.loss({.y = dataset_.y().subspan(begin, end - begin),
                             .weights = weights,
                             .margins = {margins_.data() + begin, n_margins_, end - begin, dataset_.n_rows()}});
        for (const double w : weights) partial[1] += w;
      });
  return sums[0] / sums[1];
}

double Watch::area() const {
  const std::vector<double> labels = gathered(dataset_.y(), execution_);
  const std::vector<double> scores = gathered(margins_, execution_);
  const std::vector<double> weights = gathered(weights_, execution_);
  std::vector<std::size_t> y;
  for (const double label : labels) y.push_back(static_cast<std::size_t>(label));
  return metrics::roc_auc(y, scores, weights);
}

double Watch::misplaced(const Watch& watch, std::size_t i) {
  const std::size_t n = watch.dataset_.n_rows();
  std::size_t best = watch.n_margins_ == 1 && watch.margins_[i] > 0 ? 1 : 0;
  for (std::size_t k = 1; k < watch.n_margins_; ++k) {
    if (watch.margins_[k * n + i] > watch.margins_[best * n + i]) best = k;
  }
  return best == static_cast<std::size_t>(watch.dataset_.y()[i]) ? 0 : 1;
}

}  // namespace thrum
