#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

#include "thrum/learn/linear/descent_search_internal.h"
#include "thrum/learn/linear/gathered_rows_internal.h"
#include "thrum/learn/linear/point_search_internal.h"
#include "thrum/learn/linear/row_weights_internal.h"

namespace thrum {

/// What SAGA walks over.
struct SagaProblem {
  std::shared_ptr<const GatheredRows> rows;
  RowWeights own_weights;
  RowValues weights;          ///< of all ranks
  std::size_t n_outputs = 1;  ///< 1 for two classes
  L1Penalty l1 = {};
  std::vector<double> l2 = {};  ///< per column
  bool fit_intercept = true;
  const Execution* execution = nullptr;  ///< the seed of the order of the rows, and the limit to keep
};

/// SAGA (Defazio, Bach and Lacoste-Julien, "SAGA: a fast incremental gradient method", NIPS 2014): one row a step,
/// with the last slope of every row kept, each row once an epoch in a RowOrder. One after another, as the steps want
/// it, in the calling thread. Each answer at point() tells whether the optimum is reached; if not, the next epoch
/// follows.
class SagaSearch final : public PointSearch {
 public:
  SagaSearch(std::vector<double> start, SagaProblem problem, const LbfgsOptions& limits);

  std::span<const double> point() const noexcept override { return result_.x; }
  void add(double value, std::span<const double> gradient) override;
  LbfgsResult take_result() override { return std::move(result_); }

 private:
  void walk();
  void step(std::size_t row);
  const std::vector<double>& find_slopes(std::size_t row);
  void move(std::size_t parameter, double by, double l1);

  SagaProblem problem_;
  LbfgsOptions limits_;
  double n_active_ = 0;     ///< rows that weigh more than 0
  double mean_weight_ = 0;  ///< of them
  double rate_ = 0;
  ZeroedArray<double> slopes_;    ///< (n_rows, n_outputs): the last of each
  std::vector<double> found_;     ///< (n_outputs): those of the row at hand
  std::vector<double> gradient_;  ///< of the loss, by these slopes
};

}  // namespace thrum
