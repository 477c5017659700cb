#include "thrum/cli/cache_arguments.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "thrum/cli/duration.h"
#include "thrum/cli/exit_code.h"
#include "thrum/cli/text.h"

namespace thrum::cli {

Parameter cache_folder_parameter(std::string* folder) {
  Parameter made;
  made.name = "cache_dir";
  made.help = "the folder given to thrum::Memory";
  made.traits = {.aliases = {"dir"}, .value = "DIR", .required = true};
  made.set = [folder](std::string_view text) { *folder = text; };
  return made;
}

Store open_cache(const std::string& folder, const Session& session) {
  return blame(ExitCode::data, [&] { return Store(folder, {.threads = session.threads, .create = false}); });
}

std::string utc_text(std::chrono::system_clock::time_point time) {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::chrono::system_clock::to_time_t(time)));
}

std::string usage_text(const Usage& usage) {
  return fmt::format("{} {}, {}", grouped(usage.entries), usage.entries == 1 ? "entry" : "entries",
                     byte_size(usage.bytes));
}

std::string took_text(double seconds) {
  return seconds < 0.001 ? "< 1 ms" : duration_text(seconds);
}

}  // namespace thrum::cli
