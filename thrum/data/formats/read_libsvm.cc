#include <string>
#include <utility>

#include "thrum/data/decompress_internal.h"
#include "thrum/data/formats/libsvm.h"
#include "thrum/data/formats/libsvm_internal.h"
#include "thrum/runtime/file.h"

namespace thrum {
namespace {

LibsvmData sparse(formats::LibsvmRows rows) {
  linalg::CsrMatrix::Parts parts{.n_cols = rows.n_columns(),
                                 .row_offsets = std::move(rows.row_offsets),
                                 .column_indices = std::move(rows.indices),
                                 .values = std::move(rows.values)};
  for (std::uint32_t& index : parts.column_indices) index -= rows.first_index;
  return {.features = linalg::CsrMatrix(std::move(parts)),
          .labels = std::move(rows.labels),
          .query_ids = std::move(rows.query_ids),
          .first_index = rows.first_index};
}

}  // namespace

LibsvmData read_libsvm(const std::filesystem::path& path, const Execution& execution) {
  const std::string name = path == "-" ? "standard input" : path.filename().string();
  const MappedFile file(path);
  const bool packed = is_compressed(file.bytes());
  const std::string unpacked = packed ? decompress(file.bytes(), name, execution) : "";
  const std::string_view text = packed ? std::string_view(unpacked) : text_of(file.bytes());
  return sparse(formats::parse_libsvm(text, name, formats::libsvm_block_size, execution));
}

}  // namespace thrum
