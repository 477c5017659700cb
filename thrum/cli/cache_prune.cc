#include <cmath>
#include <memory>

#include "thrum/cli/byte_count.h"
#include "thrum/cli/cache_arguments.h"
#include "thrum/cli/cache_removal.h"
#include "thrum/cli/commands.h"
#include "thrum/cli/duration.h"
#include "thrum/cli/exit_code.h"

namespace thrum::cli {
namespace {

struct PruneArguments {
  std::string folder = {};
  Reduction reduction = {};
};

Parameter bound(std::string name, std::string help, std::string value, std::function<void(std::string_view)> set) {
  Parameter made;
  made.name = std::move(name);
  made.help = std::move(help);
  made.traits.value = std::move(value);
  made.set = std::move(set);
  return made;
}

std::vector<Parameter> prune_parameters(PruneArguments* arguments) {
  Reduction& reduction = arguments->reduction;
  return {
      cache_folder_parameter(&arguments->folder),
      bound("max_bytes", "what may stay on disk, such as 500M or 1G", "SIZE",
            [&reduction](std::string_view text) { reduction.max_bytes = parse_byte_count("max_bytes", text); }),
      bound("max_entries", "how many results may stay", "N",
            [&reduction](std::string_view text) {
              reduction.max_entries =
                  static_cast<std::uint64_t>(detail::parse_integer("max_entries", Range{0, 0x1.0p53}, text));
            }),
      bound("max_age", "how long ago a result may have been used, with its unit (s, m, h, d), such as 12h or 7d",
            "TIME",
            [&reduction](std::string_view text) {
              reduction.max_age = std::chrono::seconds(std::llround(parse_duration("max_age", text)));
            }),
  };
}

void prune(const PruneArguments& arguments, const Session& session) {
  const Reduction& bounds = arguments.reduction;
  if (!bounds.max_bytes && !bounds.max_entries && !bounds.max_age) {
    throw usage_error("[cache prune] expected at least one of --max-bytes, --max-entries and --max-age");
  }
  const Store store = open_cache(arguments.folder, session);
  print_removal("thrum.cache.prune/1", store, store.reduce(bounds), session);
}

}  // namespace

Command cache_prune_command() {
  auto arguments = std::make_shared<PruneArguments>();
  Command command{.name = "prune", .summary = "Remove the results that were not used for longest."};
  command.examples = {{"thrum cache prune --dir cache --max-bytes 1G --max-age 7d", ""}};
  command.parameters = prune_parameters(arguments.get());
  command.run = [arguments](Session& session) { prune(*arguments, session); };
  return command;
}

}  // namespace thrum::cli
