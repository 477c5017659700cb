#pragma once

#include <span>
#include <string_view>

#include "thrum/data/prepare/steps_internal.h"

namespace thrum::prepare {

/// Every kind of step, in the order in which help lists them.
std::span<const StepRule> step_rules();

/// Throws invalid_argument with the nearest name.
const StepRule& find_rule(std::string_view name);

}  // namespace thrum::prepare
