#include "thrum/cli/data_arguments.h"

#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <filesystem>
#include <stop_token>
#include <system_error>

#include "thrum/cli/exit_code.h"
#include "thrum/cli/text.h"
#include "thrum/data/csv.h"
#include "thrum/data/csv_header_internal.h"

namespace thrum::cli {
namespace {

char delimiter_of(const std::string& text) {
  if (text.empty()) return '\0';
  if (text == "tab" || text == "\\t") return '\t';
  if (text.size() == 1 && csv::can_delimit(text.front())) return text.front();
  throw usage_error(fmt::format("--delimiter: expected one character or \"tab\", got \"{}\"", text),
                    "letters, digits, quotes and the signs of numbers cannot separate fields");
}

/// A read that waits for a pipe cannot be woken. Nothing has been written yet, so the process may end as it would have
/// without a handler.
void end_by_signal(int number) {
  ::signal(number, SIG_DFL);
  ::kill(::getpid(), number);
}

}  // namespace

std::vector<Parameter> data_parameters(DataArguments& arguments, const std::string& help) {
  return {
      parameter(option_field("data", &DataArguments::file, {}, help), &arguments,
                {.value = "DATA", .positional = true, .required = true}),
      parameter(option_field("no_header", &DataArguments::no_header, {},
                             "the first line is data; the columns are called 0, 1, …"),
                &arguments, {.group = "Data"}),
      parameter(option_field("delimiter", &DataArguments::delimiter, {},
                             "what separates fields: one character or \"tab\"; not given: from the first line"),
                &arguments, {.value = "CHAR", .group = "Data"}),
  };
}

Table read_data(const DataArguments& arguments, const std::string& file, const Session& session) {
  CsvOptions options;
  options.delimiter = delimiter_of(arguments.delimiter);
  options.header = !arguments.no_header;
  std::error_code ignored;
  const bool may_block = file == "-" || !std::filesystem::is_regular_file(file, ignored);
  const std::stop_callback end_at_once(may_block ? session.stop() : std::stop_token(),
                                       [&] { end_by_signal(session.interrupt->signal()); });
  return blame(ExitCode::data, [&] { return read_csv(file, options, session.execution()); });
}

std::string shape_text(std::size_t rows, std::size_t columns, const std::string& noun) {
  return fmt::format("{} rows, {} {}{}", grouped(rows), grouped(columns), noun, columns == 1 ? "" : "s");
}

}  // namespace thrum::cli
