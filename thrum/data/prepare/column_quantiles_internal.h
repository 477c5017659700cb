#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "thrum/comm/communicator.h"
#include "thrum/core/function_ref.h"

namespace thrum::prepare {

/// The values below which the shares that `shares(n)` asks for of all n values lie, between neighbours linearly, as
/// NumPy's default; none where there are no values. Exact, and collective.
///
/// visit(f) is to call f with this rank's values, some of them NaN, which do not count, in parts, always the same ones.
/// It is called a few times: values are counted by their leading bits, where many places are asked for by more of them,
/// and those near the places are gathered and sorted. Few are held at a time, however many there are.
std::vector<double> column_quantiles(FunctionRef<void(FunctionRef<void(std::span<const double>)>)> visit,
                                     FunctionRef<std::vector<double>(std::size_t n)> shares,
                                     Communicator& communicator);

}  // namespace thrum::prepare
