#pragma once

#include "thrum/core/json_internal.h"
#include "thrum/model/foreign/foreign_parts_internal.h"

namespace thrum {

/// A model of XGBoost, version 1.0 or later, from its JSON (doc/model.schema of its sources). Throws corrupt_data.
ForeignParts read_xgboost(const Json& model, const ForeignSource& source);

}  // namespace thrum
