#include <fmt/format.h>

#include <map>
#include <memory>
#include <vector>

#include "thrum/cli/cache_arguments.h"
#include "thrum/cli/commands.h"
#include "thrum/cli/text.h"
#include "thrum/core/json_internal.h"

namespace thrum::cli {
namespace {

struct FunctionStat {
  Usage usage;
  double seconds = 0;  ///< what computing the results took
};

struct Stat {
  FunctionStat all;
  std::map<std::string, FunctionStat> by_function;
};

Stat stat_of(const Store& store) {
  Stat stat;
  store.for_each([&](const EntryInfo& info) {
    for (FunctionStat* sum : {&stat.all, &stat.by_function[info.function]}) {
      sum->usage += {info.disk_bytes, 1};
      sum->seconds += std::chrono::duration<double>(info.duration).count();
    }
  });
  return stat;
}

Json stat_json(const FunctionStat& stat) {
  return {{"entries", stat.usage.entries}, {"disk_bytes", stat.usage.bytes}, {"compute_seconds", stat.seconds}};
}

Json stat_json(const Store& store, const Stat& stat) {
  Json object = {{"schema", "thrum.cache.stat/1"}, {"folder", store.folder().string()}};
  object.update(stat_json(stat.all));
  object["functions"] = Json::object();
  for (const auto& [name, sum] : stat.by_function) object["functions"][name] = stat_json(sum);
  return object;
}

std::string stat_text(const Store& store, const Stat& stat) {
  std::string text = fmt::format("{}: {}, computed in {}\n", store.folder().string(), usage_text(stat.all.usage),
                                 took_text(stat.all.seconds));
  if (stat.by_function.empty()) return text;
  std::vector<std::vector<std::string>> rows = {{"function", "entries", "disk", "took"}};
  for (const auto& [name, sum] : stat.by_function) {
    rows.push_back({name, grouped(sum.usage.entries), byte_size(sum.usage.bytes), took_text(sum.seconds)});
  }
  return text + "\n" + aligned(rows, "lrrr");
}

}  // namespace

Command cache_stat_command() {
  auto folder = std::make_shared<std::string>();
  Command command{.name = "stat", .summary = "Show how much is stored, in all and by function."};
  command.examples = {{"thrum cache stat --dir cache", ""}};
  command.parameters = {cache_folder_parameter(folder.get())};
  command.run = [folder](Session& session) {
    const Store store = open_cache(*folder, session);
    const Stat stat = stat_of(store);
    print(session.globals.json ? json_text(stat_json(store, stat)) : stat_text(store, stat));
  };
  return command;
}

}  // namespace thrum::cli
