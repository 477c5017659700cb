#include "thrum/cli/serve_process.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <string>
#include <system_error>

#include "thrum/cli/exit_code.h"
#include "thrum/cli/text.h"
#include "thrum/core/json_internal.h"
#include "thrum/core/printable.h"
#include "thrum/runtime/simd.h"

namespace thrum::cli {
namespace {

constexpr const char* first_folder = "THRUM_SERVE_FOLDER";

std::string_view level_name(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return "DEBUG";
    case LogLevel::info:
      return "INFO";
    case LogLevel::warning:
      return "WARNING";
    case LogLevel::error:
      return "ERROR";
  }
  return "ERROR";
}

std::string time_text() {
  const std::time_t now = std::time(nullptr);
  std::tm local{};
  localtime_r(&now, &local);
  return fmt::format("{:%Y-%m-%d %H:%M:%S %z}", local);
}

std::string log_line(LogLevel level, std::string_view message, bool json) {
  if (!json)
    return fmt::format("[{}] [{}] [{}] {}\n", time_text(), getpid(), level_name(level), without_controls(message));
  const Json object = {{"time", time_text()}, {"pid", getpid()}, {"level", level_name(level)}, {"message", message}};
  return dump_json(object) + "\n";
}

LogSink sink(bool json) {
  return [json](LogLevel level, std::string_view message) {
    const std::string line = log_line(level, message, json);
    [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, line.data(), line.size());
  };
}

std::string environment(const char* variable) {
  const char* value = std::getenv(variable);
  return value == nullptr ? "" : value;
}

}  // namespace

LogSink serve_log_sink(const Globals& globals) {
  return sink(globals.log_format == "json");
}

void change_folder(const std::string& folder) {
  setenv(first_folder, std::filesystem::current_path().c_str(), 1);
  std::error_code error;
  std::filesystem::current_path(folder, error);
  if (error) throw usage_error("[serve] cannot go to the folder " + folder + ": " + error.message());
}

void return_to_first_folder() {
  const std::string folder = environment(first_folder);
  std::error_code ignored;
  if (!folder.empty()) std::filesystem::current_path(folder, ignored);
}

void pass_settings_to_workers(const Globals& globals) {
  setenv("THRUM_LOG_FORMAT", globals.log_format.c_str(), 1);
  if (!globals.isa.empty()) setenv("THRUM_ISA", globals.isa.c_str(), 1);
}

void take_settings_of_supervisor() {
  if (const std::string isa = environment("THRUM_ISA"); !isa.empty()) pin_simd_level(isa);
}

LogSink worker_log_sink() {
  return sink(environment("THRUM_LOG_FORMAT") == "json");
}

}  // namespace thrum::cli
