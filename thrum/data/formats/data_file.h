#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "thrum/comm/execution.h"
#include "thrum/data/csv.h"
#include "thrum/data/formats/libsvm.h"
#include "thrum/data/table.h"

namespace thrum {

enum class DataFormat {
  automatic,  ///< as the file's first bytes say; LIBSVM where it is called .svm, .svmlight or .libsvm, else CSV
  csv,
  libsvm,  ///< `label [qid:n] index:value … [# comment]`, of LIBSVM and svmlight
  npy,     ///< numpy.save
  npz,     ///< numpy.savez
  idx,     ///< the MNIST database's
};

/// "automatic", "csv", …, in the order of DataFormat.
std::vector<std::string> data_format_names();

/// Whether a file is called .svm, .svmlight or .libsvm, or compressed so: labels alone look like CSV.
bool is_named_libsvm(std::string_view name);

struct DataFileOptions {
  DataFormat format = DataFormat::automatic;
  CsvOptions csv = {};
  /// What the columns are to be called; empty: as the file says, else "x0", "x1", ….
  std::vector<std::string> names = {};
  /// Of an NPZ file, those wanted; "new_name=name" gives another name. Empty: all.
  std::vector<std::string> arrays = {};
  /// Columns that are to be there even where no row of a LIBSVM file has a value for them: zeros.
  std::vector<std::string> expected = {};
  /// A file of one column, which is added as the column "label"; empty: none.
  std::filesystem::path label_file = {};
};

/// Reads a file of any of the formats, plain or compressed with gzip or zstd; "-" is standard input.
///
/// Arrays become a row per index of the first axis; the other axes become one, the last of them running fastest, so
/// that column x of an image of w columns is pixel (x / w, x % w). Whole numbers and truth values make int64 columns,
/// others float64 columns, NaN being missing. An NPZ file's arrays stand side by side: "x" of two axes as the columns
/// "x0", "x1", …, "y" of one axis as "y".
///
/// The table is the same for any number of threads. Throws as read_csv; corrupt_data for a file that is damaged,
/// truncated or no such file; invalid_argument for arrays that hold no numbers, that are not there or do not fit
/// together, and for names that do not fit the columns; out_of_memory where the machine cannot hold the table.
Table read_data_file(const std::filesystem::path& path, const DataFileOptions& options, const Execution& execution);

/// The same, but the rows of a LIBSVM file are given as they stand there, sparse, where neither names nor a label file
/// give it other columns.
std::variant<Table, LibsvmData> read_rows(const std::filesystem::path& path, const DataFileOptions& options,
                                          const Execution& execution);

}  // namespace thrum
