#include "thrum/cli/output_path.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "thrum/cli/exit_code.h"
#include "thrum/runtime/open_to_read_internal.h"

namespace thrum::cli {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void refuse(const std::string& output, const std::string& reason) {
  throw Failure(ExitCode::failure, ErrorCode::io, fmt::format("cannot write {}: {}", shown_path(output), reason));
}

}  // namespace

void check_output(const std::string& output, const std::vector<std::string>& inputs) {
  if (output == "-") return;
  if (output.empty()) throw usage_error("the name of the output file is empty");
  std::error_code ignored;
  for (const std::string& input : inputs) {
    if (input == "-" || !fs::is_regular_file(input, ignored) || !fs::equivalent(input, output, ignored)) continue;
    throw usage_error(fmt::format("the output {} is also an input", shown_path(output)),
                      "give the output another name");
  }
  const fs::path folder = fs::path(output).has_parent_path() ? fs::path(output).parent_path() : fs::path(".");
  if (fs::is_directory(output, ignored)) refuse(output, "it is a folder");
  if (!fs::exists(folder, ignored)) refuse(output, fmt::format("there is no folder {}", shown_path(folder)));
  if (!fs::is_directory(folder, ignored)) refuse(output, fmt::format("{} is no folder", shown_path(folder)));
  const bool device = fs::exists(output, ignored) && !fs::is_regular_file(output, ignored);
  if (::access(device ? output.c_str() : folder.c_str(), W_OK) != 0) refuse(output, std::strerror(errno));
}

void check_model_output(const std::string& output, const std::vector<std::string>& inputs, const Session& session) {
  check_output(output, inputs);
  if (output != "-") return;
  if (session.globals.json) {
    throw usage_error("--json and a model on standard output exclude each other", "name a file with -o");
  }
  if (isatty(STDOUT_FILENO) != 0) {
    throw usage_error("a model is no text for a terminal", "name a file with -o, or send the output to one");
  }
}

}  // namespace thrum::cli
