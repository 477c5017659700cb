#include "thrum/data/binned_table_file.h"

#include <algorithm>
#include <utility>

#include "thrum/core/assert.h"
#include "thrum/core/error.h"
#include "thrum/data/binned_table_header_internal.h"

namespace thrum {
namespace {

/// Rows [begin, end) of every tile, each followed by as many zeros as make it what BinnedTable::tile promises.
void write_chunk(const BinnedTable& table, std::size_t begin, std::size_t end, FileWriter& out) {
  constexpr std::size_t width = BinnedTable::tile_width;
  const std::vector<std::uint8_t> zeros(BinnedTable::tile_stride(end - begin) - (end - begin) * width);
  for (std::size_t t = 0; t < table.n_tiles(); ++t) {
    out.write(std::as_bytes(std::span(table.tile(t) + begin * width, (end - begin) * width)));
    out.write(std::as_bytes(std::span(zeros)));
  }
}

}  // namespace

void BinnedTableFile::write(const BinnedTable& table, const std::filesystem::path& path, std::size_t chunk_rows) {
  THRUM_ASSERT(chunk_rows > 0);
  const auto features = table.features();
  BinnedTableHeader header{.n_rows = table.n_rows(),
                           .chunk_rows = chunk_rows,
                           .features = {features.begin(), features.end()},
                           .column_bins = std::vector<std::size_t>(table.n_columns())};
  write_file(path, [&](FileWriter& out) {
    out.write(encode_header(header));
    for (std::size_t begin = 0; begin < table.n_rows(); begin += chunk_rows) {
      write_chunk(table, begin, std::min(begin + chunk_rows, table.n_rows()), out);
    }
  });
}

BinnedTableFile::BinnedTableFile(const std::filesystem::path& path) : file_(std::make_shared<const MappedFile>(path)) {
  auto decoded = decode_header(file_->bytes());
  if (decoded) {
    n_rows_ = decoded->header.n_rows;
    rows_per_chunk_ = decoded->header.chunk_rows;
    first_chunk_ = decoded->size;
    features_ = std::move(decoded->header.features);
    column_bins_ = std::move(decoded->header.column_bins);
  }
  const std::size_t n_tiles = (column_bins_.size() + BinnedTable::tile_width - 1) / BinnedTable::tile_width;
  const std::size_t last_rows = n_rows_ % rows_per_chunk_;
  const std::size_t expected =
      first_chunk_ + n_tiles * (n_rows_ / rows_per_chunk_ * BinnedTable::tile_stride(rows_per_chunk_) +
                                (last_rows > 0 ? BinnedTable::tile_stride(last_rows) : 0));
  if (decoded && file_->bytes().size() == expected) return;
  throw Error(ErrorCode::corrupt_data, "[binned table] " + path.string() + " is damaged or no binned table",
              "write it again");
}

BinnedTable BinnedTableFile::chunk(std::size_t i) const {
  THRUM_ASSERT(i < n_chunks());
  const std::size_t n_tiles = (column_bins_.size() + BinnedTable::tile_width - 1) / BinnedTable::tile_width;
  const std::size_t offset = first_chunk_ + i * n_tiles * BinnedTable::tile_stride(rows_per_chunk_);
  BinnedTable table;
  table.n_rows_ = std::min(rows_per_chunk_, n_rows_ - i * rows_per_chunk_);
  table.features_ = features_;
  table.column_bins_ = column_bins_;
  table.tiles_ = {file_, reinterpret_cast<const std::uint8_t*>(file_->bytes().data()) + offset};
  return table;
}

}  // namespace thrum
