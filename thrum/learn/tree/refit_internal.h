#pragma once

#include "thrum/learn/tree/boosting_internal.h"

namespace thrum {

/// The trees of `in.start` with values of leaves from these rows: refit_decay_rate of the old value and the rest of the
/// new one. Collective.
Boosting::Outcome refit_leaves(const Boosting::Input& in);

}  // namespace thrum
