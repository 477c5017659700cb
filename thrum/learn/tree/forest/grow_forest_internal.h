#pragma once

#include <cstddef>
#include <vector>

#include "thrum/comm/execution.h"
#include "thrum/data/ranked_table.h"
#include "thrum/learn/tree/forest/forest_plan_internal.h"
#include "thrum/learn/tree/forest/forest_rows_internal.h"
#include "thrum/learn/tree/forest/out_of_bag.h"
#include "thrum/model/tree/tree.h"

namespace thrum::forest {

struct Grown {
  std::vector<Tree> trees = {};
  OutOfBag out_of_bag = {};  ///< empty unless the plan asks for it
};

/// Trees `first` to plan.n_trees - 1 of a forest, which the ranks share among each other; a tree depends on its number,
/// not on who grows it (collective). Throws cancelled.
Grown grow_forest(const RankedTable& table, const ForestRows& rows, const Plan& plan, std::size_t first,
                  const Execution& execution);

/// The sample of tree `t`: each row once, or what is drawn with replacement.
std::vector<SampleRow> draw_sample(const ForestRows& rows, const Plan& plan, std::uint64_t seed, std::size_t t);

}  // namespace thrum::forest
