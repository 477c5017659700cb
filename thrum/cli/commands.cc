#include "thrum/cli/commands.h"

namespace thrum::cli {
namespace {

std::vector<Parameter> global_parameters(Globals& globals) {
  const auto global = [&globals](const OptionField& field, ParameterTraits traits = {}) {
    return parameter(field, &globals, std::move(traits));
  };
  return {
      global(option_field("json", &Globals::json, {}, "print one JSON object instead of text, errors included")),
      global(option_field("quiet", &Globals::quiet, {}, "no messages, no warnings, no progress; errors only"),
             {.letter = 'q'}),
      global(option_field("verbose", &Globals::verbose, {}, "more messages"), {.letter = 'v'}),
      global(option_field("threads", &Globals::threads, Range{0, 1024},
                          "threads to work with; 0: as many CPUs as the process may use"),
             {.letter = 'j', .aliases = {"jobs"}}),
      global(option_field("seed", &Globals::seed, Range{0}, "what random numbers depend on, and nothing else does")),
      global(option_field("isa", &Globals::isa, {},
                          "highest instruction set to use, as thrum info lists them; results are the same to the last "
                          "bit at one of them")),
      global(option_field("config", &Globals::config, {}, "read settings from FILE instead of ./thrum.toml"),
             {.letter = 'c', .value = "FILE"}),
      global(option_field("log_format", &Globals::log_format, {"text", "json"},
                          "how messages and progress are written to standard error")),
      global(option_field("help", &Globals::help, {}, "print help and stop"), {.letter = 'h', .flag_only = true}),
      global(option_field("version", &Globals::version, {}, "print the version and stop"), {.flag_only = true}),
  };
}

}  // namespace

Command thrum_command(Globals& globals) {
  Command root{.name = "thrum", .summary = "Parallel machine learning, from the raw file to the served prediction."};
  root.examples = {
      {"thrum data inspect adult.csv --target income", "look at the data"},
      {"thrum train logistic-regression adult.csv --target income -o adult.thrum", "train on every core"},
      {"thrum evaluate adult.thrum adult_test.csv", "how good is it?"},
      {"thrum serve adult.thrum -w 4 -b 127.0.0.1:4000", "answer POST /predict"},
  };
  root.parameters = global_parameters(globals);
  root.subcommands = {info_command(),       data_command(),    train_command(),   evaluate_command(),
                      predict_command(),    inspect_command(), explain_command(), importance_command(),
                      dependence_command(), convert_command(), serve_command(),   advise_command(),
                      plan_command(),       bench_command(),   cache_command(),   doctor_command(),
                      completion_command(), man_command(),     help_command(),    reference_command()};
  return root;
}

}  // namespace thrum::cli
