#pragma once

namespace thrum::cli {

/// The whole program: parses, runs the command, reports what went wrong. Returns the exit code.
int run_program(int argc, char** argv);

}  // namespace thrum::cli
