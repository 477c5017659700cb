#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "thrum/comm/execution.h"
#include "thrum/data/dataset.h"
#include "thrum/learn/tree/objective.h"

namespace thrum {

/// The rows of a ranking by their queries, of all ranks: a query may have rows on several, each of which then looks at
/// all of it. Rows of weight 0 are left out.
class QueryRows {
 public:
  /// `weights`: of this rank's rows; empty: ones (collective).
  QueryRows(const Dataset& dataset, std::span<const double> weights, const Execution& execution);

  std::size_t size() const noexcept { return ends_.size(); }  ///< queries with rows that count
  /// Whether a query has rows that are to be put in an order.
  bool any_to_rank() const;

  /// The derivatives of this rank's rows. margins: of these; rows that do not count are left as they are (collective).
  void gradients(const Objective& objective, std::span<const double> margins, std::span<float> g,
                 std::span<float> h) const;
  /// The mean over the queries (collective).
  double mean_loss(const Objective& objective, std::span<const double> margins) const;

 private:
  /// The rows of one query, side by side.
  struct Block {
    std::vector<double> y = {};
    std::vector<double> weights = {};
    std::vector<double> margins = {};
    ObjectiveRows rows() const { return {y, weights, {margins.data(), 1, margins.size()}}; }
  };

  std::size_t begin(std::size_t query) const { return query == 0 ? 0 : ends_[query - 1]; }
  Block block(std::size_t query, std::span<const double> margins) const;
  bool is_own(std::size_t row) const { return row - first_row_ < n_own_; }

  const Execution& execution_;
  std::size_t first_row_;
  std::size_t n_own_;
  std::vector<double> y_;            ///< of all ranks, as are the others
  std::vector<double> weights_;      ///< empty: ones
  std::vector<std::uint32_t> rows_;  ///< query after query, within one in their order
  std::vector<std::size_t> ends_;    ///< of the queries in rows_
};

}  // namespace thrum
