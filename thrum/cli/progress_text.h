#pragma once

#include <optional>
#include <string>

#include "thrum/runtime/progress.h"

namespace thrum::cli {

/// The seconds that are left if the rest goes as fast as what is done; nullopt where the total or the speed is unknown.
std::optional<double> remaining_seconds(const Progress::Report& report, double seconds);

/// "fit  [=====>    ]  12/25  objective 0.31842  1.2 s  ETA 1.3 s", at most `width` characters.
std::string progress_line(const Progress::Report& report, double seconds, std::size_t width);

/// {"event":"progress","stage":"fit","done":12,…}
std::string progress_json(const Progress::Report& report, double seconds);

}  // namespace thrum::cli
