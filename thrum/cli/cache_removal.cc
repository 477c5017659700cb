#include "thrum/cli/cache_removal.h"

#include <fmt/format.h>

#include "thrum/cli/cache_arguments.h"
#include "thrum/cli/text.h"
#include "thrum/core/json_internal.h"

namespace thrum::cli {

void print_removal(std::string_view schema, const Store& store, const Usage& removed, const Session& session) {
  const Usage left = store.usage();
  if (!session.globals.json) {
    return print(fmt::format("removed {}; left: {}\n", usage_text(removed), usage_text(left)));
  }
  const auto usage_json = [](const Usage& usage) {
    return Json{{"entries", usage.entries}, {"disk_bytes", usage.bytes}};
  };
  const Json object = {{"schema", schema},
                       {"folder", store.folder().string()},
                       {"removed", usage_json(removed)},
                       {"left", usage_json(left)}};
  print(json_text(object));
}

}  // namespace thrum::cli
