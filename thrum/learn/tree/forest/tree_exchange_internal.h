#pragma once

#include <vector>

#include "thrum/comm/communicator.h"
#include "thrum/model/tree/tree.h"

namespace thrum::forest {

/// Every tree on every rank, in their order, where rank r of P gives `own`: trees r, r + P, r + 2 P, … (collective).
std::vector<Tree> exchange_trees(std::vector<Tree> own, Communicator& communicator);

}  // namespace thrum::forest
