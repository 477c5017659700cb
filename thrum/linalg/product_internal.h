#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <span>
#include <stop_token>
#include <vector>

#include "thrum/linalg/product_plan_internal.h"
#include "thrum/runtime/parallel.h"

namespace thrum::linalg {

/// `count` matrices (rows, cols), one behind the other in `data`.
template <class T>
std::vector<MatrixView<T>> consecutive_matrices(T* data, std::size_t count, std::size_t rows, std::size_t cols) {
  std::vector<MatrixView<T>> matrices;
  matrices.reserve(count);
  for (std::size_t i = 0; i < count; ++i) matrices.emplace_back(data + i * rows * cols, rows, cols);
  return matrices;
}

/// C = beta * C at `tile` plus the sum of the partial products, in their order. beta == 0 does not read C.
template <class T>
void add_partials(std::span<const MatrixView<T>> partials, const Block& tile, T beta, MatrixView<T> C) {
  std::vector<T> sums(tile.cols());
  for (std::size_t i = tile.row_begin; i < tile.row_end; ++i) {
    std::ranges::fill(sums, T(0));
    for (const MatrixView<T>& partial : partials) {
      const T* values = &partial(i, tile.col_begin);
      for (std::size_t j = 0; j < sums.size(); ++j) sums[j] += values[j];
    }
    T* c = &C(i, tile.col_begin);
    for (std::size_t j = 0; j < sums.size(); ++j) c[j] = beta == 0 ? sums[j] : beta * c[j] + sums[j];
  }
}

/// Runs the tasks of a plan. part(tile, k_begin, k_end, beta, out) is to set out = (the product over [k_begin, k_end)
/// at tile) + beta * out; with beta == 0 it must not read `out`.
template <class T, class Part>
void run_product(Arena& arena, const ProductPlan& plan, T beta, MatrixView<T> C, std::stop_token stop, Part part) {
  const std::vector<Block> tiles = plan.tiles();
  if (plan.k_blocks == 1) {
    arena.run(tiles.size(), [&](std::size_t t) { part(tiles[t], 0, plan.k, beta, block_of(C, tiles[t])); }, stop);
    return;
  }
  const auto storage = std::make_unique_for_overwrite<T[]>(plan.k_blocks * plan.m * plan.n);
  const auto partials = consecutive_matrices(storage.get(), plan.k_blocks, plan.m, plan.n);
  arena.run(
      tiles.size() * plan.k_blocks,
      [&](std::size_t task) {
        const Block& tile = tiles[task / plan.k_blocks];
        const std::size_t b = task % plan.k_blocks, begin = b * plan.k_block;
        part(tile, begin, std::min(plan.k, begin + plan.k_block), T(0), block_of(partials[b], tile));
      },
      stop);
  arena.run(tiles.size(), [&](std::size_t t) { add_partials<T>(partials, tiles[t], beta, C); }, stop);
}

/// C = beta * C; beta == 0 does not read C.
template <class T>
void scale(MatrixView<T> C, T beta) {
  for (std::size_t i = 0; i < C.rows(); ++i) {
    for (T& c : C.row(i)) c = beta == 0 ? T(0) : beta * c;
  }
}

}  // namespace thrum::linalg
