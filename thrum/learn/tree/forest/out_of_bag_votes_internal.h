#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "thrum/comm/communicator.h"
#include "thrum/data/ranked_table.h"
#include "thrum/learn/tree/forest/forest_rows_internal.h"
#include "thrum/learn/tree/forest/out_of_bag.h"
#include "thrum/model/tree/tree.h"

namespace thrum::forest {

/// Adds up what trees say about the rows that are not in their samples, in whole numbers: in any order the same sum.
class OutOfBagVotes {
 public:
  OutOfBagVotes(const RankedTable& table, const ForestRows& rows);

  /// Thread-safe. sample: of the tree, its rows in the order of the table.
  void add(const Tree& tree, std::span<const SampleRow> sample);

  /// Of all ranks (collective).
  OutOfBag result(Communicator& communicator) const;

 private:
  void score(OutOfBag& result) const;

  const RankedTable& table_;
  const ForestRows& rows_;
  double unit_;                                  ///< of a sum
  std::vector<std::atomic<std::int64_t>> sums_;  ///< (n_rows, n_values)
  std::vector<std::atomic<std::int64_t>> n_trees_;
};

}  // namespace thrum::forest
