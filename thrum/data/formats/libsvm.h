#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <vector>

#include "thrum/comm/execution.h"
#include "thrum/linalg/csr_matrix.h"

namespace thrum {

/// The rows of a LIBSVM or svmlight file, sparse as they stand there.
struct LibsvmData {
  linalg::CsrMatrix features;
  std::vector<double> labels;           ///< one per row
  std::vector<std::int64_t> query_ids;  ///< one per row; empty where the file has none
  std::size_t first_index = 1;          ///< the index of column 0 in the file: 0 where that occurs, else 1
};

/// Reads `label [qid:n] index:value … [# comment]`, plain or compressed with gzip or zstd, in parallel; "-" is standard
/// input. The same for any number of threads. Throws io, cancelled, and corrupt_data with the line for what is no such
/// row: several labels, numbers that are none or not finite, indices that do not ascend or are beyond 2^32 - 2, a qid
/// in some rows only; for no rows at all, and for damaged compression.
LibsvmData read_libsvm(const std::filesystem::path& path, const Execution& execution);

}  // namespace thrum
