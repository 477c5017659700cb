#include <memory>

#include "thrum/cli/cache_arguments.h"
#include "thrum/cli/cache_removal.h"
#include "thrum/cli/commands.h"

namespace thrum::cli {
namespace {

struct ClearArguments {
  std::string folder = {};
  std::string function = {};
};

}  // namespace

Command cache_clear_command() {
  auto arguments = std::make_shared<ClearArguments>();
  Command command{.name = "clear", .summary = "Remove all results, or those of one function."};
  command.examples = {{"thrum cache clear --dir cache --function featurise", ""}};
  command.parameters = {cache_folder_parameter(&arguments->folder),
                        parameter(option_field("function", &ClearArguments::function, {}, "only results of this one"),
                                  arguments.get(), {.value = "NAME"})};
  command.run = [arguments](Session& session) {
    const Store store = open_cache(arguments->folder, session);
    const std::string& function = arguments->function;
    const Usage removed = function.empty()
                              ? store.reduce({.max_entries = 0})
                              : store.remove_if([&](const EntryInfo& info) { return info.function == function; });
    print_removal("thrum.cache.clear/1", store, removed, session);
  };
  return command;
}

}  // namespace thrum::cli
