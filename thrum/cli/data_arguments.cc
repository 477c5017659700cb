#include "thrum/cli/data_arguments.h"

#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <stop_token>
#include <system_error>
#include <utility>

#include "thrum/cli/exit_code.h"
#include "thrum/core/counted.h"
#include "thrum/data/csv_header_internal.h"
#include "thrum/data/formats/data_file.h"
#include "thrum/model/predict_sparse.h"

namespace thrum::cli {
namespace {

char delimiter_of(const std::string& text) {
  if (text.empty()) return '\0';
  if (text == "tab" || text == "\\t") return '\t';
  if (text.size() == 1 && csv::can_delimit(text.front())) return text.front();
  throw usage_error(fmt::format("--delimiter: expected one character or \"tab\", got \"{}\"", text),
                    "letters, digits, quotes and the signs of numbers cannot separate fields");
}

DataFormat format_of(const std::string& name) {
  const std::vector<std::string> names = data_format_names();
  return static_cast<DataFormat>(std::ranges::find(names, name) - names.begin());
}

DataFileOptions file_options(const DataArguments& arguments) {
  DataFileOptions options;
  options.format = format_of(arguments.format);
  options.csv.delimiter = delimiter_of(arguments.delimiter);
  options.csv.header = !arguments.no_header;
  options.names = arguments.names;
  options.arrays = arguments.arrays;
  options.label_file = arguments.label_file;
  return options;
}

bool may_block(const std::string& file) {
  std::error_code ignored;
  return !file.empty() && (file == "-" || !std::filesystem::is_regular_file(file, ignored));
}

/// A read that waits for a pipe cannot be woken. Nothing has been written yet, so the process may end as it would have
/// without a handler.
void end_by_signal(int number) {
  ::signal(number, SIG_DFL);
  ::kill(::getpid(), number);
}

template <class Read>
auto read_within(const DataArguments& arguments, const Session& session, Read read) {
  const bool blocks = may_block(arguments.file) || may_block(arguments.label_file);
  const std::stop_callback end_at_once(blocks ? session.stop() : std::stop_token(),
                                       [&] { end_by_signal(session.interrupt->signal()); });
  return blame(ExitCode::data, read);
}

}  // namespace

std::vector<Parameter> data_parameters(DataArguments& arguments, const std::string& help) {
  const ParameterTraits in_data = {.group = "Data"};
  const auto list = [&](const char* name, std::vector<std::string>* values, const char* text, const char* value) {
    return list_parameter(name, values, text, {.value = value, .group = "Data"});
  };
  return {
      parameter(option_field("data", &DataArguments::file, {}, help), &arguments,
                {.value = "DATA", .positional = true, .required = true}),
      parameter(option_field("format", &DataArguments::format, data_format_names(),
                             "what the file is; automatic: what its first bytes say"),
                &arguments, in_data),
      parameter(option_field("no_header", &DataArguments::no_header, {},
                             "the first line of a CSV file is data; the columns are called 0, 1, …"),
                &arguments, in_data),
      parameter(option_field("delimiter", &DataArguments::delimiter, {},
                             "what separates fields: one character or \"tab\"; not given: from the first line"),
                &arguments, {.value = "CHAR", .group = "Data"}),
      list("names", &arguments.names, "what the columns are to be called, such as those of an array, in their order",
           "NAME"),
      list("arrays", &arguments.arrays, "those of an NPZ file to read; x=x_test reads x_test and calls it x", "ARRAY"),
      parameter(option_field("label_file", &DataArguments::label_file, {},
                             "a file of one column, such as y.npy or MNIST's labels, which becomes the column label"),
                &arguments, {.value = "FILE", .group = "Data"}),
  };
}

Table read_data(const DataArguments& arguments, const Session& session, const Schema& schema) {
  return read_data(arguments, session, schema.feature_names());
}

Table read_data(const DataArguments& arguments, const Session& session, std::vector<std::string> expected) {
  DataFileOptions options = file_options(arguments);
  options.expected = std::move(expected);
  return read_within(arguments, session, [&] { return read_data_file(arguments.file, options, session.execution()); });
}

std::size_t n_rows(const DataRows& rows) {
  const auto* sparse = std::get_if<LibsvmData>(&rows);
  return sparse != nullptr ? sparse->features.rows() : std::get<Table>(rows).n_rows();
}

const std::string& source_of(const DataRows& rows) {
  const auto* sparse = std::get_if<LibsvmData>(&rows);
  return sparse != nullptr ? sparse->source : std::get<Table>(rows).source();
}

DataRows read_rows(const DataArguments& arguments, const Session& session, std::vector<std::string> expected) {
  DataFileOptions options = file_options(arguments);
  options.expected = std::move(expected);
  return read_within(arguments, session,
                     [&] { return thrum::read_rows(arguments.file, options, session.execution()); });
}

DataRows read_rows(const DataArguments& arguments, const Session& session, const Schema& schema) {
  if (!reads_sparse_rows(schema)) return read_data(arguments, session, schema);
  return read_rows(arguments, session, schema.feature_names());
}

std::string shape_text(std::size_t rows, std::size_t columns, const std::string& noun) {
  return counted(rows, "row") + ", " + counted(columns, noun);
}

}  // namespace thrum::cli
