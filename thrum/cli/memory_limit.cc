#include "thrum/cli/memory_limit.h"

#include <cstdlib>

#include "thrum/cli/byte_count.h"
#include "thrum/cli/exit_code.h"
#include "thrum/runtime/process_status_internal.h"

namespace thrum::cli {
namespace {

std::string scratch_folder(const MemoryLimit& limit) {
  if (!limit.folder.empty()) return limit.folder;
  const char* chosen = std::getenv("TMPDIR");
  return chosen != nullptr && *chosen != '\0' ? chosen : "/var/tmp";  // /tmp is memory on many systems
}

}  // namespace

std::vector<Parameter> memory_parameters(MemoryLimit& limit) {
  return {
      parameter(option_field("memory_limit", &MemoryLimit::size, {},
                             "memory to use at most, such as 512M: the rows are kept on disk and read in passes"),
                &limit, {.value = "SIZE", .group = "Run"}),
      parameter(
          option_field("scratch", &MemoryLimit::folder, {},
                       "where --memory-limit keeps the rows: a folder on a disk; not given: TMPDIR, else /var/tmp"),
          &limit, {.value = "FOLDER", .group = "Run"}),
  };
}

std::unique_ptr<Scratch> make_scratch(const MemoryLimit& limit) {
  if (limit.size.empty()) return nullptr;
  const auto bytes = blame(ExitCode::usage, [&] { return parse_byte_count("memory_limit", limit.size); });
  return blame(ExitCode::failure, [&] { return std::make_unique<Scratch>(scratch_folder(limit), bytes); });
}

std::size_t peak_memory_bytes() {
  return status_bytes("VmHWM");
}

}  // namespace thrum::cli
