#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "thrum/core/bytes.h"
#include "thrum/data/binned_table.h"

namespace thrum {

/// What stands before the chunks of a binned table's file.
struct BinnedTableHeader {
  std::size_t n_rows = 0;
  std::size_t chunk_rows = 0;
  std::vector<BinnedFeature> features = {};
  std::vector<std::size_t> column_bins = {};
};

/// A multiple of 64 bytes.
std::vector<std::byte> encode_header(const BinnedTableHeader& header);

struct DecodedHeader {
  BinnedTableHeader header;
  std::size_t size = 0;  ///< in bytes
};
/// nullopt for anything that encode_header does not write.
std::optional<DecodedHeader> decode_header(ByteSpan file);

}  // namespace thrum
