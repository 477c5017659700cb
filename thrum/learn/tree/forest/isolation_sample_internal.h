#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "thrum/comm/execution.h"
#include "thrum/core/view.h"
#include "thrum/data/dataset.h"

namespace thrum::forest {

/// Which of the rows that may be drawn each tree of an isolation forest gets.
struct SamplePlan {
  std::size_t n_trees = 1;
  std::size_t n_rows = 0;   ///< that may be drawn
  std::size_t n_drawn = 0;  ///< per tree
  bool bootstrap = false;   ///< with replacement
  std::uint64_t seed = 0;
};

/// The rows of tree `t`, as ascending numbers below n_rows: a function of the plan and t. One that is drawn twice
/// counts once, as scikit-learn has it. REQUIRES: n_drawn <= n_rows or bootstrap.
std::vector<std::uint32_t> draw_rows(const SamplePlan& plan, std::size_t t);

/// The features of all rows that any tree draws, on every rank. Infinite numbers are the largest finite ones.
class DrawnRows {
 public:
  /// `rows`: where the rows that may be drawn stand among those of all ranks, ascending (collective). Throws cancelled.
  DrawnRows(const Dataset& dataset, std::span<const std::uint32_t> rows, const SamplePlan& plan,
            const Execution& execution);

  /// (n, n_features)
  MatrixView<const double> values() const { return {values_.data(), values_.size() / n_features_, n_features_}; }
  /// Where the rows that draw_rows names are in values(); in place.
  void place(std::span<std::uint32_t> drawn) const;

 private:
  std::size_t n_features_;
  std::vector<std::uint32_t> places_;
  std::vector<double> values_;
};

}  // namespace thrum::forest
