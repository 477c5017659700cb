// What one task of TreeGrower does with rows of a leaf: it marks those that go left, moves them, adds them up.
#include <algorithm>

#include "thrum/learn/tree/histogram_internal.h"
#include "thrum/learn/tree/tree_grower_internal.h"

namespace thrum {
namespace {

std::size_t columns_of_tile(const BinnedTable& table, std::size_t tile) {
  return std::min(BinnedTable::tile_width, table.n_columns() - tile * BinnedTable::tile_width);
}

}  // namespace

NodeRows TreeGrower::rows_of(const Node& node, std::size_t begin, std::size_t end) const {
  const std::size_t first = node.begin + begin;
  return {rows_[node.side].data() + first, gradients_[node.side].data() + first, end - begin};
}

/// Marks the rows of a chunk that go left; where it is the only one, they are moved too.
void TreeGrower::partition_chunk(Expansion& e, const Task& chunk) {
  const NodeRows rows = rows_of(*e.node, chunk.begin, chunk.end);
  e.left_before[chunk.begin / e.chunk_rows + 1] = mark_left(rows, e.column, e.goes_left, e.marks + chunk.begin / 64);
  if (e.left_before.size() == 2) move_chunk(e, chunk);
}

void TreeGrower::move_chunk(const Expansion& e, const Task& chunk) {
  const int side = 1 - e.node->side;
  const std::size_t c = chunk.begin / e.chunk_rows;
  const std::size_t n_left = e.left_before[c + 1] - e.left_before[c];
  const std::size_t left = e.node->begin + e.left_before[c];
  const std::size_t right = e.node->begin + e.left_before.back() + chunk.begin - e.left_before[c];
  std::uint32_t* rows = rows_[side].data();
  RowGradient* gradients = gradients_[side].data();
  move_rows(rows_of(*e.node, chunk.begin, chunk.end), e.marks + chunk.begin / 64,
            {rows + left, gradients + left, n_left},
            {rows + right, gradients + right, chunk.end - chunk.begin - n_left});
}

void TreeGrower::add_up(const Node& node, std::size_t tile) const {
  const std::span<GradientSum> sums = sums_of(node, tile);
  std::ranges::fill(sums, 0);
  add_rows(node, tile, 0, node.size(), sums.data());
}

std::span<GradientSum> TreeGrower::sums_of(const Node& node, std::size_t tile) const {
  return {node.histogram + tile * BinnedTable::tile_width * histogram_stride,
          padded_columns(columns_of_tile(table_, tile)) * histogram_stride};
}

void TreeGrower::add_rows(const Node& node, std::size_t tile, std::size_t begin, std::size_t end,
                          GradientSum* sums) const {
  if (begin == end) return;
  const NodeRows part = rows_of(node, begin, end);
  const std::span rows(part.rows, part.size);
  const std::span gradients(part.gradients, part.size);
  const TileColumns columns{table_.tile(tile), columns_of_tile(table_, tile)};
  // They ascend.
  if (rows.back() - rows.front() + 1 == rows.size()) return add_to_histogram(columns, rows.front(), gradients, sums);
  add_to_histogram(columns, rows, gradients, sums);
}

}  // namespace thrum
