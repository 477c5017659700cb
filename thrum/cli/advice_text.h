#pragma once

#include <string>

#include "thrum/core/json_internal.h"
#include "thrum/runtime/advice/advice.h"
#include "thrum/runtime/advice/scaling.h"

namespace thrum::cli {

/// The verdict, its reason, and the figures behind it.
std::string advice_text(const Advice& advice, const RunCost& cost);
Json advice_json(const Advice& advice, const RunCost& cost, const MemoryEvidence& memory);

/// The points of a curve with what the laws say of them.
std::string curve_text(const ScalingCurve& curve);
Json curve_json(const ScalingCurve& curve);

}  // namespace thrum::cli
