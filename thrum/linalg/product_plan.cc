#include "thrum/linalg/product_plan_internal.h"

#include <algorithm>

namespace thrum::linalg {
namespace {

/// Edges of tiles are multiples of this, so that all but the last fill the registers of every kernel.
constexpr std::size_t edge_unit = 16;
/// Less than this many operations is not worth a task (about 0.1 ms).
constexpr double task_flops = 0x1p22;
/// Below this many tiles a long k is cut as well …
constexpr std::size_t few_tiles = 16;
/// … into blocks that are at least this long, which hides the addition of their results.
constexpr std::size_t shortest_k_block = 4096;

std::size_t parts(std::size_t n, std::size_t size) {
  return n / size + (n % size != 0);
}

/// The edge that cuts n into as many parts as `largest` would, but of nearly equal size.
std::size_t even_edge(std::size_t n, std::size_t largest) {
  return parts(parts(n, parts(n, largest)), edge_unit) * edge_unit;
}

double flops(std::size_t m, std::size_t n, std::size_t k) {
  return 2 * static_cast<double>(m) * static_cast<double>(n) * static_cast<double>(k);
}

/// The largest edge for which `flops_per_unit` of work per row (or column) makes at least one task's worth.
std::size_t worthwhile_edge(std::size_t edge, double flops_per_unit) {
  return std::max(edge, static_cast<std::size_t>(task_flops / flops_per_unit) + 1);
}

struct Tile {
  std::size_t rows;
  std::size_t cols;
};

/// Every tile packs its part of A and of B anew, so the tiles of a large product are large; a small one needs small
/// tiles to be spread at all. Rows are read in packs that stay in the second-level cache: wide tiles are cheaper than
/// high ones.
Tile largest_tile(double work) {
  if (work <= 0x1p33) return {256, 512};
  if (work <= 0x1p35) return {512, 512};
  if (work <= 0x1p36) return {512, 1024};
  return {1024, 2048};
}

void cut_k(ProductPlan& plan, std::size_t tiles, std::size_t k) {
  plan.k_block = k;
  if (tiles < few_tiles) {
    const std::size_t shortest = worthwhile_edge(shortest_k_block, flops(plan.tile_rows, plan.tile_cols, 1));
    const std::size_t most = std::min(parts(2 * few_tiles, tiles), k / shortest);
    if (most > 1) plan.k_block = even_edge(k, parts(k, most));
  }
  plan.k_blocks = parts(k, plan.k_block);
}

}  // namespace

std::vector<Block> ProductPlan::tiles() const {
  std::vector<Block> result;
  for (std::size_t i = 0; i < m; i += tile_rows) {
    for (std::size_t j = 0; j < (symmetric ? i + 1 : n); j += tile_cols) {
      result.push_back({i, std::min(m, i + tile_rows), j, std::min(n, j + tile_cols)});
    }
  }
  return result;
}

ProductPlan plan_product(std::size_t m, std::size_t n, std::size_t k) {
  const Tile tile = largest_tile(flops(m, n, k));
  ProductPlan plan{.m = m, .n = n, .k = k};
  plan.tile_rows = even_edge(m, worthwhile_edge(tile.rows, flops(1, std::min(n, tile.cols), k)));
  plan.tile_cols = even_edge(n, worthwhile_edge(tile.cols, flops(std::min(m, tile.rows), 1, k)));
  cut_k(plan, parts(m, plan.tile_rows) * parts(n, plan.tile_cols), k);
  return plan;
}

ProductPlan plan_symmetric_product(std::size_t n, std::size_t k) {
  const std::size_t largest = flops(n, n, k) <= 0x1p35 ? 256 : 768;
  ProductPlan plan{.m = n, .n = n, .k = k, .symmetric = true};
  plan.tile_rows = plan.tile_cols = even_edge(n, worthwhile_edge(largest, flops(1, std::min(n, largest), k)));
  const std::size_t edges = parts(n, plan.tile_rows);
  cut_k(plan, edges * (edges + 1) / 2, k);
  return plan;
}

}  // namespace thrum::linalg
