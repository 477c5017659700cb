#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <memory>

#include "thrum/cli/commands.h"
#include "thrum/cli/exit_code.h"
#include "thrum/cli/gunicorn_flags.h"
#include "thrum/cli/model_argument.h"
#include "thrum/cli/serve_process.h"
#include "thrum/core/json_internal.h"
#include "thrum/core/log.h"
#include "thrum/serve/model_repository_internal.h"
#include "thrum/serve/reload_internal.h"
#include "thrum/serve/repository_set_internal.h"
#include "thrum/serve/served_file_internal.h"
#include "thrum/serve/server.h"

namespace thrum::cli {
namespace {

struct ServeArguments {
  std::string model = {};
  std::vector<std::string> bind = {};
  std::string chdir = {};
  bool check_config = false;
  bool print_config = false;
  ServeOptions options = {};
};

ParameterTraits traits_of(const OptionField& field) {
  static const std::map<std::string, ParameterTraits> known = {
      {"workers", {.letter = 'w', .variables = {"WEB_CONCURRENCY"}}},
      {"timeout", {.letter = 't', .value = "SECONDS"}},
      {"graceful_timeout", {.value = "SECONDS"}},
      {"keep_alive", {.aliases = {"keepalive"}, .value = "SECONDS"}},
      {"header_timeout", {.value = "SECONDS"}},
      {"body_timeout", {.value = "SECONDS"}},
      {"request_timeout", {.value = "SECONDS"}},
      {"batch_max_delay_us", {.value = "MICROSECONDS"}},
      {"limit_request_field_size", {.aliases = {"limit-request-field_size"}, .group = "Limits"}},
      {"access_logfile", {.aliases = {"accesslog"}, .value = "FILE", .group = "Logs"}},
      {"access_logformat", {.aliases = {"access-log-format"}, .value = "FORMAT", .group = "Logs"}},
      {"error_logfile", {.aliases = {"log-file", "errorlog"}, .value = "FILE", .group = "Logs"}},
      {"log_level", {.aliases = {"loglevel"}, .group = "Logs"}},
      {"model_repository", {.value = "DIR"}},
      {"token_file", {.value = "FILE"}},
      {"admin_token_file", {.value = "FILE"}},
      {"pid", {.letter = 'p', .aliases = {"pidfile"}, .value = "FILE"}},
      {"user", {.letter = 'u', .value = "USER"}},
      {"group", {.letter = 'g', .value = "GROUP"}},
      {"umask", {.letter = 'm', .value = "MASK"}},
  };
  const auto found = known.find(field.name);
  ParameterTraits traits = found == known.end() ? ParameterTraits{} : found->second;
  if (field.name.starts_with("limit_")) traits.group = "Limits";
  return traits;
}

/// --bind may be repeated; --threads is a flag of every command.
bool is_set_elsewhere(const OptionField& field) {
  return field.name == "bind" || field.name == "threads";
}

ServeOptions options_of(const ServeArguments& arguments, const Globals& globals) {
  ServeOptions options = arguments.options;
  if (!arguments.bind.empty()) options.bind = fmt::format("{}", fmt::join(arguments.bind, ","));
  options.threads = std::max(globals.threads, 1);
  if (globals.quiet) options.log_level = "error";
  if (globals.verbose) options.log_level = "debug";
  return options;
}

Json settings_of(const ServeArguments& arguments, const ServeOptions& options) {
  Json settings = Json::object();
  for (const OptionField& field : serve_option_fields()) {
    const std::string value = field.get(&options);
    settings[field.name] = field.type == "text" ? Json(value) : Json::parse(value);
  }
  settings["chdir"] = arguments.chdir;
  return settings;
}

/// As a thrum.toml would have them, or as an object.
std::string config_text(const Json& settings, bool is_json) {
  if (is_json) return settings.dump() + "\n";
  std::string text = "[serve]\n";
  for (const auto& [name, value] : settings.items()) text += fmt::format("{} = {}\n", name, value.dump());
  return text;
}

/// gunicorn would take flags from there.
void warn_of_gunicorns_variable() {
  const char* flags = std::getenv("GUNICORN_CMD_ARGS");
  if (flags == nullptr || *flags == '\0' || serving::is_reload()) return;
  log(LogLevel::warning,
      "GUNICORN_CMD_ARGS is not read here: put its flags behind thrum serve, or into $THRUM_WORKERS and the like");
}

/// Either a model file or a folder of models.
void check_source(const ServeArguments& arguments) {
  const bool has_repository = !arguments.options.model_repository.empty();
  if (arguments.model.empty() && !has_repository) {
    throw usage_error("[serve] expected a MODEL or --model-repository DIR, got neither", "see thrum serve --help");
  }
  if (!arguments.model.empty() && has_repository) {
    throw usage_error("[serve] a MODEL and --model-repository are given", "put the model into the repository");
  }
}

/// Whether what is to be served is there; with --check-config, whether it can be.
void check_models(const ServeArguments& arguments) {
  const std::string& repository = arguments.options.model_repository;
  if (repository.empty()) {
    read_model(arguments.model, {});
    return;
  }
  blame(ExitCode::model, [&] {
    if (arguments.check_config) {
      serving::load_repository(repository, nullptr);
    } else {
      serving::list_models(repository);
    }
  });
}

void serve_source(const ServeArguments& arguments, const ServeOptions& options) {
  if (!options.model_repository.empty()) return Server().serve(options);
  serving::serve(blame(ExitCode::model, [&] { return serving::load_file(arguments.model); }), options);
}

/// A start and a check of the settings fail with the same exit code.
template <class Step>
void blame_server(Step&& step) {
  try {
    step();
  } catch (const Failure&) {
    throw;
  } catch (const Error& error) {
    if (error.code() == ErrorCode::io) throw Failure(ExitCode::resource, error);
    if (error.code() == ErrorCode::corrupt_data) throw Failure(ExitCode::model, error);
    throw;
  }
}

void serve_model(const ServeArguments& arguments, const Session& session) {
  const ServeOptions options = options_of(arguments, session.globals);
  if (!arguments.chdir.empty()) change_folder(arguments.chdir);
  blame_server([&] { check_serve_options(options); });
  check_source(arguments);
  const bool is_check = arguments.print_config || arguments.check_config;
  if (is_check || !options.model_repository.empty()) check_models(arguments);
  if (arguments.print_config) print(config_text(settings_of(arguments, options), session.globals.json));
  set_log_sink(serve_log_sink(session.globals));
  warn_of_gunicorns_variable();
  if (is_check) return;
  pass_settings_to_workers(session.globals);
  blame_server([&] { serve_source(arguments, options); });
}

std::vector<Parameter> parameters_of(ServeArguments& arguments) {
  std::vector<Parameter> parameters = {model_parameter(&ServeArguments::model, arguments)};
  parameters[0].traits.required = false;  // or a repository
  for (const OptionField& field : serve_option_fields()) {
    if (field.name == "bind") {
      parameters.push_back(list_parameter("bind", &arguments.bind, field.help, {.letter = 'b', .value = "ADDRESS"}));
      parameters.back().initial = field.get(&arguments.options);
    }
    if (!is_set_elsewhere(field)) parameters.push_back(parameter(field, &arguments.options, traits_of(field)));
  }
  const auto own = [&](const OptionField& field, ParameterTraits traits) {
    parameters.push_back(parameter(field, &arguments, std::move(traits)));
  };
  own(option_field("chdir", &ServeArguments::chdir, {}, "folder to go to before the model is read"), {.value = "DIR"});
  own(option_field("check_config", &ServeArguments::check_config, {}, "look whether all is well, and stop"),
      {.flag_only = true});
  own(option_field("print_config", &ServeArguments::print_config, {},
                   "print all settings as a thrum.toml, or with --json as an object, and stop"),
      {.flag_only = true});
  return parameters;
}

}  // namespace

Command serve_command() {
  auto arguments = std::make_shared<ServeArguments>();
  Command command{.name = "serve", .summary = "Answer POST /predict over HTTP."};
  command.handles_signals = true;
  command.description =
      "Flags are called as gunicorn's. SIGTERM ends it after the requests in flight, Ctrl-C at once; SIGHUP reads "
      "model\n"
      "and settings again, SIGTTIN and SIGTTOU add and remove a worker, SIGUSR1 opens the log files again, SIGUSR2\n"
      "starts the program anew at the same sockets. GET /health, /v2/health/live and /v2/health/ready say how it is.\n"
      "--threads are those of each worker, 1 unless given.";
  command.examples = {
      {"thrum serve adult.thrum -w 4 -b 127.0.0.1:4000", ""},
      {R"(curl -s 127.0.0.1:4000/predict -d '{"instances":[{"age":39,"workclass":"State-gov"}]}')", "ask it"},
      {"thrum serve --model-repository models", "every model of a folder"}};
  command.parameters = parameters_of(*arguments);
  command.foreign_flags = gunicorn_flags();
  command.run = [arguments](Session& session) { serve_model(*arguments, session); };
  return command;
}

}  // namespace thrum::cli
