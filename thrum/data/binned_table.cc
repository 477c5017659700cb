#include "thrum/data/binned_table.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstdlib>
#include <cstring>
#include <new>
#include <utility>

#include "thrum/core/assert.h"
#include "thrum/data/bin_choice_internal.h"
#include "thrum/data/bundle_plan_internal.h"
#include "thrum/data/value_binner_internal.h"
#include "thrum/data/zeroed_memory_internal.h"

namespace thrum {
namespace {

constexpr std::size_t tile_width = BinnedTable::tile_width;
constexpr std::size_t rows_in_cache = 1024;  // of a tile: 32 KB

/// Not cleared: pages appear where and when they are first written.
std::shared_ptr<std::uint8_t> allot(std::size_t bytes) {
  void* memory = std::aligned_alloc(64, std::max<std::size_t>(bytes, 64));
  if (memory == nullptr) throw std::bad_alloc();
  advise_huge_pages(memory, bytes);
  return {static_cast<std::uint8_t*>(memory), [](std::uint8_t* p) { std::free(p); }};
}

std::vector<std::uint8_t> rows_with_say(const Dataset& dataset, std::span<const std::uint8_t> row_mask) {
  std::vector<std::uint8_t> has_say(dataset.n_rows());
  for (std::size_t i = 0; i < has_say.size(); ++i) has_say[i] = dataset.weight(i, row_mask, {}) > 0 ? 1 : 0;
  return has_say;
}

/// The features in each tile, by their place in `features`.
std::vector<std::vector<std::size_t>> features_of_tiles(std::span<const BinnedFeature> features, std::size_t n_tiles) {
  std::vector<std::vector<std::size_t>> of_tile(n_tiles);
  for (std::size_t f = 0; f < features.size(); ++f) of_tile[features[f].column / tile_width].push_back(f);
  return of_tile;
}

bool is_in_bin_0(std::span<const std::uint8_t> bins, const std::uint8_t* has_say) {
  std::uint8_t found = 0;
  for (std::size_t i = 0; i < bins.size(); ++i) found |= static_cast<std::uint8_t>(bins[i] == 0 ? has_say[i] : 0);
  return found != 0;
}

/// Writes bins into the feature's column of some rows of its tile, which are cleared. Returns whether a row had already
/// the bin of another feature, which stays.
bool store(std::span<const std::uint8_t> bins, const BinnedFeature& feature, std::uint8_t* tile_rows) {
  std::uint8_t* column = tile_rows + feature.column % tile_width;
  if (!feature.is_bundled) {
    for (std::size_t i = 0; i < bins.size(); ++i) column[i * tile_width] = bins[i];
    return false;
  }
  bool collides = false;
  const auto store_some = [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      if (bins[i] == feature.most_frequent_bin) continue;
      std::uint8_t& byte = column[i * tile_width];
      collides |= byte != 0;
      if (byte == 0) byte = static_cast<std::uint8_t>(feature.first_bin + bins[i]);
    }
  };
  const std::uint64_t nothing = 0x0101010101010101 * feature.most_frequent_bin;
  std::size_t i = 0;
  for (std::uint64_t eight = 0; i + 8 <= bins.size(); i += 8) {
    std::memcpy(&eight, bins.data() + i, 8);
    if (eight != nothing) store_some(i, i + 8);
  }
  store_some(i, bins.size());
  return collides;
}

/// The same for the rows [begin, end) of a feature of two bins: those whose bits are set are in the rarer one.
/// REQUIRES: `begin` is a multiple of 64.
bool store_flags(const RowBits& others, std::size_t begin, std::size_t end, const BinnedFeature& feature,
                 std::uint8_t* tile_rows) {
  std::uint8_t* column = tile_rows + feature.column % tile_width;
  const auto stored = static_cast<std::uint8_t>(feature.first_bin + 3 - feature.most_frequent_bin);
  bool collides = false;
  for (std::size_t first = begin; first < end; first += 64) {
    for (std::uint64_t word = others[first / 64]; word != 0; word &= word - 1) {
      const std::size_t i = first - begin + static_cast<std::size_t>(std::countr_zero(word));
      std::uint8_t& byte = column[i * tile_width];
      collides |= byte != 0;
      if (byte == 0) byte = stored;
    }
  }
  return collides;
}

}  // namespace

BinnedTable BinnedTable::build(const Dataset& dataset, std::span<const std::uint8_t> row_mask, const Options& options,
                               const Execution& execution) {
  THRUM_ASSERT(options.max_bins >= 1 && options.max_bins <= 255);
  const std::vector<std::uint8_t> has_say = rows_with_say(dataset, row_mask);
  BinnedTable table;
  std::vector<std::size_t> groups;
  std::vector<RowBits> others;
  auto choices = choose_bins(dataset, has_say, options, execution);
  for (std::size_t j = 0; j < choices.size(); ++j) {
    BinChoice& choice = choices[j];
    if (choice.is_constant) continue;
    table.features_.push_back(
        {.feature = j, .most_frequent_bin = choice.most_frequent_bin, .map = std::move(choice.map)});
    groups.push_back(choice.group);
    others.push_back(std::move(choice.others));
  }
  table.column_bins_ = lay_out(table.features_, groups);
  Seen seen = table.fill(dataset, has_say, others, execution);
  execution.communicator->allreduce(std::span(seen.in_bin_0), ReduceOp::max);
  execution.communicator->allreduce(std::span(seen.colliding), ReduceOp::max);
  for (std::size_t f = 0; f < groups.size(); ++f) table.features_[f].map.has_missing = seen.in_bin_0[f] != 0;
  table.take_apart(seen.colliding, dataset, execution);
  return table;
}

BinnedTable BinnedTable::rebuild(const Dataset& dataset, const Execution& execution) const {
  BinnedTable table;
  table.features_ = features_;
  table.column_bins_ = column_bins_;
  const Seen seen = table.fill(dataset, std::vector<std::uint8_t>(dataset.n_rows()), {}, execution);
  table.take_apart(seen.colliding, dataset, execution);
  return table;
}

void BinnedTable::take_apart(std::span<const std::uint8_t> colliding, const Dataset& dataset,
                             const Execution& execution) {
  if (std::ranges::count(colliding, 1) == 0) return;
  std::vector<std::size_t> groups;
  for (std::size_t f = 0; f < features_.size(); ++f) {
    groups.push_back(colliding[f] != 0 ? n_columns() + f : features_[f].column);
  }
  column_bins_ = lay_out(features_, groups);
  tiles_.reset();
  const Seen seen = fill(dataset, std::vector<std::uint8_t>(dataset.n_rows()), {}, execution);
  THRUM_ASSERT(std::ranges::count(seen.colliding, 1) == 0);
}

BinnedTable::Seen BinnedTable::fill(const Dataset& dataset, std::span<const std::uint8_t> has_say,
                                    std::span<const RowBits> others, const Execution& execution) {
  n_rows_ = dataset.n_rows();
  const auto tiles = allot(n_tiles() * tile_stride(n_rows_));
  tiles_ = tiles;
  const auto binners =
      parallel_map(*execution.arena, features_.size(), [&](std::size_t f) { return ValueBinner(features_[f].map); });
  const auto of_tile = features_of_tiles(features_, n_tiles());
  std::vector<std::atomic<std::uint8_t>> in_bin_0(features_.size());
  std::vector<std::atomic<std::uint8_t>> colliding(features_.size());
  const auto fill_rows = [&](std::size_t t, std::size_t begin, std::size_t end) {
    std::uint8_t* rows = tiles.get() + t * tile_stride(n_rows_) + begin * tile_width;
    std::memset(rows, 0, (end - begin) * tile_width);
    std::array<double, rows_in_cache> some_values;
    std::array<std::uint8_t, rows_in_cache> some_bins;
    const auto values = std::span(some_values).first(end - begin);
    const auto bins = std::span(some_bins).first(end - begin);
    for (const std::size_t f : of_tile[t]) {
      if (!others.empty() && !others[f].empty() && features_[f].is_bundled) {
        if (store_flags(others[f], begin, end, features_[f], rows)) colliding[f] = 1;
        continue;
      }
      dataset.reader().read_feature(features_[f].feature, dataset.first_row() + begin, values);
      binners[f].bin(values, bins);
      if (is_in_bin_0(bins, has_say.data() + begin)) in_bin_0[f] = 1;
      if (store(bins, features_[f], rows)) colliding[f] = 1;
    }
  };
  const std::size_t n_blocks = (n_rows_ + row_block - 1) / row_block;
  parallel_for(
      *execution.arena, n_tiles() * n_blocks, 1,
      [&](std::size_t task, std::size_t) {
        const std::size_t block_begin = task % n_blocks * row_block;
        const std::size_t block_end = std::min(block_begin + row_block, n_rows_);
        for (std::size_t begin = block_begin; begin < block_end; begin += rows_in_cache) {
          fill_rows(task / n_blocks, begin, std::min(begin + rows_in_cache, block_end));
        }
      },
      execution.stop);
  return {{in_bin_0.begin(), in_bin_0.end()}, {colliding.begin(), colliding.end()}};
}

}  // namespace thrum
