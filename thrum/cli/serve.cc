#include <map>
#include <memory>

#include "thrum/cli/commands.h"
#include "thrum/cli/exit_code.h"
#include "thrum/cli/model_argument.h"
#include "thrum/cli/serve_process.h"
#include "thrum/serve/server.h"

namespace thrum::cli {
namespace {

struct ServeArguments {
  std::string model = {};
  ServeOptions options = {};
};

ParameterTraits traits_of(const OptionField& field) {
  static const std::map<std::string, ParameterTraits> known = {
      {"bind", {.letter = 'b', .value = "HOST:PORT"}},
      {"workers", {.letter = 'w'}},
      {"timeout", {.letter = 't', .value = "SECONDS"}},
      {"graceful_timeout", {.value = "SECONDS"}},
      {"keep_alive", {.value = "SECONDS"}},
      {"header_timeout", {.value = "SECONDS"}},
      {"body_timeout", {.value = "SECONDS"}},
  };
  const auto found = known.find(field.name);
  ParameterTraits traits = found == known.end() ? ParameterTraits{} : found->second;
  if (field.name.starts_with("limit_")) traits.group = "Limits";
  return traits;
}

void serve_model(const ServeArguments& arguments, const Session& session) {
  const auto model = read_model(arguments.model);
  set_log_sink(serve_log_sink(session.globals));
  pass_settings_to_workers(session.globals);
  try {
    serve(*model, arguments.options);
  } catch (const Error& error) {
    if (error.code() == ErrorCode::io) throw Failure(ExitCode::resource, error);
    throw;
  }
}

}  // namespace

Command serve_command() {
  auto arguments = std::make_shared<ServeArguments>();
  Command command{.name = "serve", .summary = "Answer POST /predict over HTTP."};
  command.handles_signals = true;
  command.description =
      "Flags are called as gunicorn's. SIGTERM ends it after the requests in flight, Ctrl-C at once. GET /health,\n"
      "/v2/health/live and /v2/health/ready say how it is.";
  command.examples = {
      {"thrum serve adult.thrum -w 4 -b 127.0.0.1:4000", ""},
      {R"(curl -s 127.0.0.1:4000/predict -d '{"instances":[{"age":39,"workclass":"State-gov"}]}')", "ask it"}};
  command.parameters = {model_parameter(&ServeArguments::model, *arguments)};
  for (const OptionField& field : serve_option_fields()) {
    command.parameters.push_back(parameter(field, &arguments->options, traits_of(field)));
  }
  command.run = [arguments](Session& session) { serve_model(*arguments, session); };
  return command;
}

}  // namespace thrum::cli
