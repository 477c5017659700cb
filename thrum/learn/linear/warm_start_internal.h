#pragma once

#include <string_view>
#include <vector>

#include "thrum/data/encoder.h"
#include "thrum/model/model.h"

namespace thrum {

/// The parameters (W, then b) of `start` for the columns of `encoder`: the same function of the raw features, but for
/// missing values where only one of the encoders has a column for them.
/// Throws invalid_argument where `start` is not of the learner that `where` names, or of another schema.
std::vector<double> parameters_from(const Model& start, const Schema& schema, const Encoder& encoder,
                                    std::string_view where);

}  // namespace thrum
