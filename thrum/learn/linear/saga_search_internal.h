#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "thrum/learn/linear/descent_search_internal.h"
#include "thrum/learn/linear/gathered_rows_internal.h"
#include "thrum/learn/linear/point_search_internal.h"

namespace thrum {

/// What SAGA walks over.
struct SagaProblem {
  std::shared_ptr<const GatheredRows> rows;
  std::vector<double> weights;  ///< of the rows
  std::size_t n_outputs = 1;    ///< 1 for two classes
  L1Penalty l1 = {};
  std::vector<double> l2 = {};  ///< per column
  bool fit_intercept = true;
  std::uint64_t seed = 0;
};

/// SAGA (Defazio, Bach and Lacoste-Julien, "SAGA: a fast incremental gradient method", NIPS 2014): one row a step,
/// drawn by the seed, with the last slope of every row kept. One after another, as the steps want it, in the calling
/// thread. Each answer at point() tells whether the optimum is reached; if not, the next epoch follows.
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
  std::vector<std::size_t> active_;  ///< the rows that weigh more than 0
  double mean_weight_ = 0;           ///< of them
  double rate_ = 0;
  std::vector<double> slopes_;    ///< (n_active, n_outputs): the last of each
  std::vector<double> found_;     ///< (n_outputs): those of the row at hand
  std::vector<double> gradient_;  ///< of the loss, by these slopes
};

}  // namespace thrum
