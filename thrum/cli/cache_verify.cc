#include <fmt/format.h>

#include <memory>

#include "thrum/cli/cache_arguments.h"
#include "thrum/cli/commands.h"
#include "thrum/cli/error_report.h"
#include "thrum/cli/exit_code.h"
#include "thrum/cli/text.h"
#include "thrum/core/json_internal.h"

namespace thrum::cli {
namespace {

struct VerifyArguments {
  std::string folder = {};
  bool fix = false;
};

std::string verification_text(const Store::Verification& result, bool fix) {
  std::string text = fmt::format("whole: {}\n", usage_text(result.good));
  for (const std::string& message : result.damaged) text += message + "\n";
  if (!result.damaged.empty()) {
    text +=
        fmt::format("damaged: {}, {}\n", result.damaged.size(), fix ? "removed" : "still there: --fix removes them");
  }
  return text;
}

Failure failure_of(const Store::Verification& result) {
  return {ExitCode::data, ErrorCode::corrupt_data,
          fmt::format("[cache verify] {} of {} are damaged", result.damaged.size(),
                      counted(result.damaged.size() + result.good.entries, "result"))};
}

Json verification_json(const Store& store, const Store::Verification& result, bool fix) {
  Json object = {{"schema", "thrum.cache.verify/1"}, {"folder", store.folder().string()},
                 {"entries", result.good.entries},   {"disk_bytes", result.good.bytes},
                 {"damaged", result.damaged},        {"fixed", fix}};
  if (!result.damaged.empty()) object["error"] = error_json(failure_of(result));
  return object;
}

void verify(const VerifyArguments& arguments, Session& session) {
  const Store store = open_cache(arguments.folder, session);
  const Store::Verification result = store.verify(arguments.fix);
  const bool json = session.globals.json;
  print(json ? json_text(verification_json(store, result, arguments.fix)) : verification_text(result, arguments.fix));
  if (result.damaged.empty()) return;
  if (!json) throw failure_of(result);
  session.exit_code = ExitCode::data;
}

}  // namespace

Command cache_verify_command() {
  auto arguments = std::make_shared<VerifyArguments>();
  Command command{.name = "verify", .summary = "Read every result and check it against its checksum."};
  command.description = "Ends with code 3 where one is damaged, also when --fix has removed it.";
  command.examples = {{"thrum cache verify --dir cache --fix", ""}};
  command.parameters = {
      cache_folder_parameter(&arguments->folder),
      parameter(option_field("fix", &VerifyArguments::fix, {}, "remove what is damaged"), arguments.get())};
  command.run = [arguments](Session& session) { verify(*arguments, session); };
  return command;
}

}  // namespace thrum::cli
