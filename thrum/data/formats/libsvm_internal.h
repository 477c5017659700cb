#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "thrum/comm/execution.h"
#include "thrum/data/formats/libsvm.h"

namespace thrum::formats {

/// Bytes that one task parses. Only the speed depends on it.
inline constexpr std::size_t libsvm_block_size = std::size_t{1} << 18;

/// The rows of a LIBSVM file as they stand there: `label [qid:n] index:value … [# comment]`.
struct LibsvmRows {
  std::vector<double> labels = {};
  std::vector<std::int64_t> query_ids = {};      ///< empty where no row has one
  std::vector<std::uint64_t> row_offsets = {0};  ///< (n_rows + 1)
  std::vector<std::uint32_t> indices = {};       ///< as the file has them, ascending within a row
  std::vector<double> values = {};
  std::uint32_t first_index = 1;  ///< 0 where that index occurs, else 1
  std::uint64_t end_index = 1;    ///< one beyond the largest
  std::size_t widest_line = 0;    ///< that has the largest, from 1; 0: none

  std::size_t n_rows() const noexcept { return labels.size(); }
  std::size_t n_columns() const noexcept { return end_index - first_index; }
};

/// Whether the first row of `text` that is more than a label is one of LIBSVM's, with an index and a value at least.
/// Looks no further than 1000 labels.
bool looks_like_libsvm(std::string_view text) noexcept;

/// Parses all rows in parallel. Throws corrupt_data with the line for what is no such row: several labels, a number
/// that is none or not finite, indices that do not ascend or are beyond 2^32 - 2, a qid in some rows only, no rows at
/// all; cancelled.
LibsvmRows parse_libsvm(std::string_view text, const std::string& name, std::size_t block_size,
                        const Execution& execution);

/// Makes room for the columns of these names, "x" and an index, even where no row has them.
void widen(LibsvmRows& rows, std::span<const std::string> names);

LibsvmData sparse_rows(LibsvmRows rows, const std::string& name);

}  // namespace thrum::formats
