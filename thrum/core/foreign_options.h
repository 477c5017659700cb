#pragma once

#include <string_view>

namespace thrum {

/// What to do instead of setting the option `name`, which users know from scikit-learn, LightGBM or XGBoost and which
/// is none here: "threads belong to the whole program: …". "" for a name that nobody brings along. Dashes count as
/// underscores.
std::string_view foreign_option_remedy(std::string_view name);

}  // namespace thrum
