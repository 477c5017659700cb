#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "thrum/comm/execution.h"
#include "thrum/data/table.h"
#include "thrum/linalg/csr_matrix.h"

namespace thrum {

/// The rows of a LIBSVM or svmlight file, sparse as they stand there.
struct LibsvmData {
  linalg::CsrMatrix features;
  std::vector<double> labels;           ///< one per row
  std::vector<std::int64_t> query_ids;  ///< one per row; empty where the file has none
  std::size_t first_index = 1;          ///< the index of column 0 in the file: 0 where that occurs, else 1
  std::string source = "the rows";      ///< names them in messages, such as "rows.svm"
  std::size_t widest_line = 0;          ///< of the file, from 1, has the largest index, for messages; 0: unknown

  /// Whether fewer than a tenth of the numbers are not zero: from there on a table takes more memory and more time.
  bool is_mostly_zeros() const noexcept;
};

/// Reads `label [qid:n] index:value … [# comment]`, plain or compressed with gzip or zstd, in parallel; "-" is standard
/// input. The same for any number of threads. Throws io, cancelled, and corrupt_data with the line for what is no such
/// row: several labels, numbers that are none or not finite, indices that do not ascend or are beyond 2^32 - 2, a qid
/// in some rows only; for no rows at all, and for damaged compression.
LibsvmData read_libsvm(const std::filesystem::path& path, const Execution& execution);

/// Throws invalid_argument, with the line, for more columns than a table or a model may have.
void check_n_columns(const LibsvmData& rows);

/// The columns "label" (int64 where all are whole) and, where there are queries, "qid".
Table label_table(const LibsvmData& rows);

/// All of it: the labels, and then a float64 column per index, called "x" and the index. Throws out_of_memory, with the
/// `remedy`, where the machine cannot hold it, invalid_argument for more columns than a table may have; cancelled.
Table dense_table(const LibsvmData& rows, const std::string& remedy, const Execution& execution);

}  // namespace thrum
