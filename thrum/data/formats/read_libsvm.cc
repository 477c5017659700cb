#include <string>
#include <utility>

#include "thrum/data/formats/libsvm.h"
#include "thrum/data/formats/libsvm_internal.h"
#include "thrum/data/input_bytes_internal.h"

namespace thrum {
namespace formats {

LibsvmData sparse_rows(LibsvmRows rows, const std::string& name) {
  linalg::CsrMatrix::Parts parts{.n_cols = rows.n_columns(),
                                 .row_offsets = std::move(rows.row_offsets),
                                 .column_indices = std::move(rows.indices),
                                 .values = std::move(rows.values)};
  for (std::uint32_t& index : parts.column_indices) index -= rows.first_index;
  return {.features = linalg::CsrMatrix(std::move(parts)),
          .labels = std::move(rows.labels),
          .query_ids = std::move(rows.query_ids),
          .first_index = rows.first_index,
          .source = name,
          .widest_line = rows.widest_line};
}

}  // namespace formats

LibsvmData read_libsvm(const std::filesystem::path& path, const Execution& execution) {
  const std::string name = path == "-" ? "standard input" : path.filename().string();
  const InputBytes input(path, name, execution);
  return formats::sparse_rows(
      formats::parse_libsvm(text_of(input.bytes()), name, formats::libsvm_block_size, execution), name);
}

}  // namespace thrum
