#include <fmt/format.h>

#include <filesystem>
#include <memory>

#include "thrum/cli/commands.h"
#include "thrum/cli/exit_code.h"
#include "thrum/cli/output_path.h"
#include "thrum/cli/text.h"
#include "thrum/core/json_internal.h"
#include "thrum/data/formats/data_file.h"
#include "thrum/data/generate.h"

namespace thrum::cli {
namespace {

struct GenerateArguments {
  std::string generator = {};
  std::size_t rows = 0;
  std::string output = "-";
};

void generate_file(const GenerateArguments& arguments, const Session& session) {
  if (session.globals.json && arguments.output == "-") {
    throw usage_error("--json and rows on standard output exclude each other", "name a file with -o");
  }
  if (is_named_libsvm(arguments.output)) {
    throw usage_error(fmt::format("rows are made as CSV, and \"{}\" is called like a LIBSVM file", arguments.output),
                      "give it a name that ends in .csv");
  }
  check_output(arguments.output, {});
  const LocalExecution execution = session.execution();
  const Stopwatch stopwatch;
  generate_csv(arguments.generator, arguments.rows, arguments.output, execution);
  session.console.end_progress();
  if (arguments.output == "-") return;
  std::error_code unknown;
  const auto size = std::filesystem::file_size(arguments.output, unknown);
  const std::string target = generator_target(arguments.generator);
  session.say(fmt::format("wrote {} to {} ({}) in {:.2f} s; the column to predict is {}",
                          counted(arguments.rows, "row"), arguments.output, byte_size(unknown ? 0 : size),
                          stopwatch.seconds(), target));
  if (!session.globals.json) return;
  const Json object = {{"schema", "thrum.data.generate/1"},
                       {"generator", arguments.generator},
                       {"rows", arguments.rows},
                       {"seed", session.seed()},
                       {"target", target},
                       {"seconds", stopwatch.seconds()},
                       {"output", arguments.output}};
  print(json_text(object));
}

}  // namespace

Command data_generate_command() {
  auto arguments = std::make_shared<GenerateArguments>();
  Command command{.name = "generate", .summary = "Make up rows: the same bytes for the same seed, on every machine."};
  command.description = "The distributions are described in docs/generators.md. More rows continue the same data.";
  command.examples = {{"thrum data generate higgs-like --rows 1000000 --seed 7 -o higgs.csv", ""},
                      {"thrum data generate airline-like --rows 10", "look at a few"}};
  command.parameters = {
      parameter(option_field("generator", &GenerateArguments::generator, generator_names(), "what to imitate"),
                arguments.get(), {.value = "GENERATOR", .positional = true, .required = true}),
      parameter(option_field("rows", &GenerateArguments::rows, Range{1, 1e12}, "how many rows"), arguments.get(),
                {.letter = 'n', .required = true}),
      parameter(option_field("output", &GenerateArguments::output, {}, "the CSV file; - is standard output"),
                arguments.get(), {.letter = 'o', .value = "FILE"}),
  };
  command.run = [arguments](Session& session) { generate_file(*arguments, session); };
  return command;
}

}  // namespace thrum::cli
