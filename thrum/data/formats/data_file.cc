#include "thrum/data/formats/data_file.h"

#include <fmt/format.h>

#include <utility>

#include "thrum/core/error.h"
#include "thrum/data/formats/data_bytes_internal.h"
#include "thrum/data/formats/idx_internal.h"
#include "thrum/data/formats/libsvm_internal.h"
#include "thrum/data/formats/npy_internal.h"
#include "thrum/data/formats/npz_internal.h"
#include "thrum/data/formats/number_array_internal.h"
#include "thrum/data/formats/zip_internal.h"
#include "thrum/data/input_bytes_internal.h"

namespace thrum {
namespace {

using formats::NumberArray;

/// Files of programs that people have their tables in, by their first bytes.
void refuse_other_tables(ByteSpan bytes, std::string_view name) {
  struct Kind {
    std::string_view first;
    std::string_view what;
  };
  constexpr Kind kinds[] = {{"PAR1", "a Parquet file"},
                            {"ARROW1", "an Arrow file"},
                            {"\x89HDF", "an HDF5 file"},
                            {"{\"", "JSON"},
                            {"[{", "JSON"},
                            {"SQLite format 3", "an SQLite database"},
                            {"\xD0\xCF\x11\xE0", "an Excel file"}};
  for (const Kind& kind : kinds) {
    if (!text_of(bytes).starts_with(kind.first)) continue;
    throw Error(ErrorCode::corrupt_data, fmt::format("[{}] this is {}, which cannot be read", name, kind.what),
                "write the table as CSV, such as with to_csv of pandas");
  }
}

DataFormat format_of(ByteSpan bytes, std::string_view name) {
  refuse_other_tables(bytes, name);
  if (formats::is_npy(bytes)) return DataFormat::npy;
  if (formats::is_zip(bytes)) return DataFormat::npz;
  if (formats::is_idx(bytes)) return DataFormat::idx;
  if (is_named_libsvm(name) || formats::looks_like_libsvm(text_of(bytes))) return DataFormat::libsvm;
  return DataFormat::csv;
}

[[noreturn]] void refuse_format(std::string_view expected, const std::string& name) {
  throw Error(ErrorCode::corrupt_data, fmt::format("[{}] expected {}, its first bytes are others", name, expected));
}

std::vector<Column> array_columns(const NumberArray& array, const std::string& name, const Execution& execution) {
  return columns_of(array, formats::numbered_names("x", array.n_columns()), name, execution);
}

DataFormat format_of(ByteSpan bytes, const DataFileOptions& options, const std::string& name) {
  return options.format == DataFormat::automatic ? format_of(bytes, name) : options.format;
}

std::string name_of(const std::filesystem::path& path) {
  return path == "-" ? "standard input" : path.filename().string();
}

LibsvmData parse_sparse(ByteSpan bytes, const DataFileOptions& options, const std::string& name,
                        const Execution& execution) {
  auto rows = formats::parse_libsvm(text_of(bytes), name, formats::libsvm_block_size, execution);
  formats::widen(rows, options.expected);
  return formats::sparse_rows(std::move(rows), name);
}

std::vector<Column> taken_apart(const Table& table) {
  return {table.columns().begin(), table.columns().end()};
}

std::vector<Column> renamed(std::vector<Column> columns, const std::vector<std::string>& names,
                            const std::string& source) {
  if (names.empty()) return columns;
  if (names.size() != columns.size()) {
    throw Error(ErrorCode::invalid_argument, fmt::format("[{}] expected as many names as columns, got {} for {}",
                                                         source, names.size(), columns.size()));
  }
  for (std::size_t c = 0; c < names.size(); ++c) columns[c] = std::move(columns[c]).renamed(names[c]);
  return columns;
}

Column read_label(const DataFileOptions& options, const Execution& execution) {
  Table table = read_data_file(options.label_file, {.csv = options.csv}, execution);
  if (table.n_columns() != 1) {
    throw Error(ErrorCode::invalid_argument,
                fmt::format("[{}] expected one column of labels, got {}", table.source(), table.n_columns()));
  }
  return Column(table.columns().front()).renamed("label");
}

Table with_label(Table table, const DataFileOptions& options, const Execution& execution) {
  if (options.label_file.empty()) return table;
  Column label = read_label(options, execution);
  if (label.size() != table.n_rows()) {
    throw Error(ErrorCode::invalid_argument,
                fmt::format("[{}] expected a label for each of the {} rows of {}, got {}",
                            options.label_file.filename().string(), table.n_rows(), table.source(), label.size()));
  }
  std::vector<Column> columns = taken_apart(table);
  columns.push_back(std::move(label));
  return Table(std::move(columns), table.source());
}

}  // namespace

namespace formats {

Table parse_data(ByteSpan bytes, const DataFileOptions& options, const std::string& name, const Execution& execution) {
  const DataFormat format = format_of(bytes, options, name);
  if (!options.arrays.empty() && format != DataFormat::npz) {
    throw Error(ErrorCode::invalid_argument, fmt::format("[{}] only an NPZ file holds arrays to choose from", name));
  }
  std::vector<Column> columns;
  switch (format) {
    case DataFormat::npy:
      if (!is_npy(bytes)) refuse_format("an array of numpy.save", name);
      columns = array_columns(parse_npy(bytes, name), name, execution);
      break;
    case DataFormat::npz:
      if (!is_zip(bytes)) refuse_format("arrays of numpy.savez", name);
      columns = read_npz(bytes, options.arrays, name, execution);
      break;
    case DataFormat::idx:
      if (!is_idx(bytes)) refuse_format("an IDX file", name);
      columns = array_columns(parse_idx(bytes, name), name, execution);
      break;
    case DataFormat::libsvm:
      columns = taken_apart(dense_table(parse_sparse(bytes, options, name, execution),
                                        "in C++, read_libsvm gives it as a sparse matrix", execution));
      break;
    default: {
      Table table = parse_csv(text_of(bytes), options.csv, execution, name);
      if (options.names.empty()) return table;
      columns = taken_apart(table);
    }
  }
  return Table(renamed(std::move(columns), options.names, name), name);
}

}  // namespace formats

bool is_named_libsvm(std::string_view name) {
  for (const std::string_view compressed : {".gz", ".zst"}) {
    if (name.ends_with(compressed)) name.remove_suffix(compressed.size());
  }
  return name.ends_with(".svm") || name.ends_with(".svmlight") || name.ends_with(".libsvm");
}

std::vector<std::string> data_format_names() {
  return {"automatic", "csv", "libsvm", "npy", "npz", "idx"};
}

Table read_data_file(const std::filesystem::path& path, const DataFileOptions& options, const Execution& execution) {
  const std::string name = name_of(path);
  Table table;
  {
    const InputBytes input(path, name, execution);
    table = formats::parse_data(input.bytes(), options, name, execution);
  }
  return with_label(std::move(table), options, execution);
}

std::variant<Table, LibsvmData> read_rows(const std::filesystem::path& path, const DataFileOptions& options,
                                          const Execution& execution) {
  const bool is_given_columns = !options.names.empty() || !options.label_file.empty() || !options.arrays.empty();
  if (is_given_columns) return read_data_file(path, options, execution);
  const std::string name = name_of(path);
  const InputBytes input(path, name, execution);
  if (format_of(input.bytes(), options, name) == DataFormat::libsvm) {
    return parse_sparse(input.bytes(), options, name, execution);
  }
  return formats::parse_data(input.bytes(), options, name, execution);
}

}  // namespace thrum
