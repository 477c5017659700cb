#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <vector>

#include "thrum/data/binned_table.h"
#include "thrum/runtime/file.h"

namespace thrum {

/// A binned table on disk, in chunks of rows that are read in place: what does not fit into memory is used chunk by
/// chunk. A working file of one machine, not a format to exchange: the header is checked, the bins are not. Reading is
/// thread-safe.
class BinnedTableFile {
 public:
  static constexpr std::size_t default_chunk_rows = 1'000'000;

  /// Creates or replaces `path`. Throws io.
  static void write(const BinnedTable& table, const std::filesystem::path& path,
                    std::size_t chunk_rows = default_chunk_rows);

  /// Maps the file. Throws io; corrupt_data naming the path for what `write` did not write.
  explicit BinnedTableFile(const std::filesystem::path& path);

  std::size_t n_rows() const noexcept { return n_rows_; }
  std::size_t n_chunks() const noexcept { return (n_rows_ + rows_per_chunk_ - 1) / rows_per_chunk_; }
  /// The rows of a chunk, with the features of the whole; keeps the mapping. REQUIRES: i < n_chunks().
  BinnedTable chunk(std::size_t i) const;

 private:
  std::shared_ptr<const MappedFile> file_;
  std::size_t n_rows_ = 0;
  std::size_t rows_per_chunk_ = 1;
  std::size_t first_chunk_ = 0;  // where it begins in the file
  std::vector<BinnedFeature> features_;
  std::vector<std::size_t> column_bins_;
};

}  // namespace thrum
