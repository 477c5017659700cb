#include <algorithm>
#include <cstring>
#include <limits>
#include <string_view>

#include <xxhash.h>

#include "thrum/data/binned_table_header_internal.h"

namespace thrum {
namespace {

constexpr std::string_view magic = "thrumbn1";
// So that no size in bytes overflows.
constexpr std::size_t most_rows = std::size_t{1} << 40;
constexpr std::size_t most_columns = std::size_t{1} << 20;

/// The first bytes. The checksum is of all that follows this.
struct Preamble {
  char magic[8];
  std::uint64_t checksum;
  std::uint64_t size;  // of the whole header
  std::uint64_t n_rows;
  std::uint64_t chunk_rows;
  std::uint64_t n_features;
  std::uint64_t n_columns;
  std::uint64_t reserved;
};
static_assert(sizeof(Preamble) == 64);

struct FeatureRecord {
  std::uint64_t feature;
  std::uint32_t column;
  std::uint16_t first_bin;
  std::uint16_t most_frequent_bin;
  std::uint32_t n_upper;       // of a number, else 0
  std::uint32_t n_categories;  // of a category feature, else 0
  std::uint8_t is_category;
  std::uint8_t has_missing;
  std::uint8_t is_bundled;
  std::uint8_t padding[5];
};
static_assert(sizeof(FeatureRecord) == 32);

template <class T>
void append(std::vector<std::byte>& bytes, std::span<const T> values) {
  const auto more = std::as_bytes(values);
  bytes.insert(bytes.end(), more.begin(), more.end());
}

FeatureRecord record_of(const BinnedFeature& feature) {
  FeatureRecord record{};
  record.feature = feature.feature;
  record.column = static_cast<std::uint32_t>(feature.column);
  record.first_bin = static_cast<std::uint16_t>(feature.first_bin);
  record.most_frequent_bin = static_cast<std::uint16_t>(feature.most_frequent_bin);
  record.n_upper = static_cast<std::uint32_t>(feature.map.upper.size());
  record.n_categories = static_cast<std::uint32_t>(feature.map.categories.size());
  record.is_category = feature.map.type == FeatureType::category ? 1 : 0;
  record.has_missing = feature.map.has_missing ? 1 : 0;
  record.is_bundled = feature.is_bundled ? 1 : 0;
  return record;
}

std::uint64_t checksum_of(ByteSpan header) {
  return XXH3_64bits(header.data() + 16, header.size() - 16);
}

/// Takes values off the front of bytes, as long as there are enough.
class Source {
 public:
  explicit Source(ByteSpan bytes) : bytes_(bytes) {}

  template <class T>
  bool take(std::vector<T>& values, std::size_t n) {
    if (n > bytes_.size() / sizeof(T)) return false;
    values.resize(n);
    if (n > 0) std::memcpy(values.data(), bytes_.data(), n * sizeof(T));
    bytes_ = bytes_.subspan(n * sizeof(T));
    return true;
  }

 private:
  ByteSpan bytes_;
};

bool is_sound(const BinMap& map) {
  if (map.type == FeatureType::category) return map.upper.empty() && std::ranges::min(map.categories) >= 0;
  return map.categories.empty() && map.upper.back() == std::numeric_limits<double>::infinity() &&
         std::ranges::adjacent_find(map.upper, [](double a, double b) { return !(a < b); }) == map.upper.end();
}

bool is_sound(const BinnedFeature& feature, std::size_t n_columns) {
  const std::size_t n = feature.map.n_bins();
  return n >= 2 && is_sound(feature.map) && feature.column < n_columns && feature.first_bin + n <= 256 &&
         feature.most_frequent_bin < n && (feature.is_bundled || feature.first_bin == 0);
}

std::optional<BinnedFeature> read_feature(const FeatureRecord& record, Source& source, std::size_t n_columns) {
  BinnedFeature feature{.feature = record.feature,
                        .column = record.column,
                        .first_bin = record.first_bin,
                        .most_frequent_bin = record.most_frequent_bin,
                        .is_bundled = record.is_bundled != 0,
                        .map = {}};
  feature.map.type = record.is_category != 0 ? FeatureType::category : FeatureType::number;
  feature.map.has_missing = record.has_missing != 0;
  const bool is_complete =
      source.take(feature.map.upper, record.n_upper) && source.take(feature.map.categories, record.n_categories);
  if (!is_complete || record.n_upper + record.n_categories == 0 || !is_sound(feature, n_columns)) return std::nullopt;
  return feature;
}

}  // namespace

std::vector<std::byte> encode_header(const BinnedTableHeader& header) {
  std::vector<std::byte> bytes(sizeof(Preamble));
  std::vector<FeatureRecord> records;
  for (const BinnedFeature& feature : header.features) records.push_back(record_of(feature));
  append<FeatureRecord>(bytes, records);
  for (const BinnedFeature& feature : header.features) {
    append<double>(bytes, feature.map.upper);
    append<std::int32_t>(bytes, feature.map.categories);
  }
  bytes.resize((bytes.size() + 63) / 64 * 64);
  Preamble preamble{.magic = {},
                    .checksum = 0,
                    .size = bytes.size(),
                    .n_rows = header.n_rows,
                    .chunk_rows = header.chunk_rows,
                    .n_features = header.features.size(),
                    .n_columns = header.column_bins.size(),
                    .reserved = 0};
  magic.copy(preamble.magic, magic.size());
  std::memcpy(bytes.data(), &preamble, sizeof preamble);
  preamble.checksum = checksum_of(bytes);
  std::memcpy(bytes.data(), &preamble, sizeof preamble);
  return bytes;
}

std::optional<DecodedHeader> decode_header(ByteSpan file) {
  if (file.size() < sizeof(Preamble)) return std::nullopt;
  const auto preamble = load<Preamble>(file);
  if (std::string_view(preamble.magic, magic.size()) != magic) return std::nullopt;
  if (preamble.size < sizeof preamble || preamble.size > file.size() || preamble.size % 64 != 0) return std::nullopt;
  const ByteSpan bytes = file.first(preamble.size);
  if (preamble.checksum != checksum_of(bytes)) return std::nullopt;
  if (preamble.n_rows > most_rows || preamble.chunk_rows > most_rows || preamble.chunk_rows == 0) return std::nullopt;
  if (preamble.n_columns > preamble.n_features || preamble.n_columns > most_columns) return std::nullopt;
  Source source(bytes.subspan(sizeof preamble));
  std::vector<FeatureRecord> records;
  if (!source.take(records, preamble.n_features)) return std::nullopt;
  DecodedHeader decoded{.header = {.n_rows = preamble.n_rows, .chunk_rows = preamble.chunk_rows}, .size = bytes.size()};
  decoded.header.column_bins.resize(preamble.n_columns);
  for (const FeatureRecord& record : records) {
    auto feature = read_feature(record, source, preamble.n_columns);
    if (!feature) return std::nullopt;
    std::size_t& n_bins = decoded.header.column_bins[feature->column];
    n_bins = std::max(n_bins, feature->first_bin + feature->map.n_bins());
    decoded.header.features.push_back(std::move(*feature));
  }
  return decoded;
}

}  // namespace thrum
