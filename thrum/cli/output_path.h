#pragma once

#include <string>
#include <vector>

#include "thrum/cli/session.h"

namespace thrum::cli {

/// Looks, before any work is done, whether `output` can be written. Throws Failure: (usage) where it is empty or
/// one of `inputs`, (failure) where its folder is missing or may not be written to, or it is a folder.
void check_output(const std::string& output, const std::vector<std::string>& inputs);

/// The same for a model. Throws also where it would go to a terminal, or to standard output beside JSON (usage).
void check_model_output(const std::string& output, const std::vector<std::string>& inputs, const Session& session);

}  // namespace thrum::cli
