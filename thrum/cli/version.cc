#include "thrum/cli/version.h"

#include <fmt/format.h>

#include "thrum/cli/text.h"
#include "thrum/core/json_internal.h"

namespace thrum::cli {
namespace {

std::string compiler() {
#if defined(__clang__)
  return fmt::format("clang {}.{}.{}", __clang_major__, __clang_minor__, __clang_patchlevel__);
#else
  return fmt::format("g++ {}.{}.{}", __GNUC__, __GNUC_MINOR__, __GNUC_PATCHLEVEL__);
#endif
}

}  // namespace

std::string version() {
  return THRUM_VERSION;
}

void print_version(const Globals& globals) {
  if (!globals.json) return print(fmt::format("thrum {}\n", version()));
  const Json object = {{"schema", "thrum.version/1"}, {"version", version()}, {"compiler", compiler()}};
  print(json_text(object));
}

}  // namespace thrum::cli
