#pragma once

#include "thrum/cli/session.h"

namespace thrum::cli {

/// "0.1.0"
std::string version();

/// "thrum 0.1.0", or with --json an object with compiler and libraries.
void print_version(const Globals& globals);

}  // namespace thrum::cli
