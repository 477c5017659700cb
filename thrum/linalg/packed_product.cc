#include "thrum/linalg/packed_product_internal.h"

#include <hwy/aligned_allocator.h>

#include <algorithm>

#include "thrum/linalg/packed_kernel_internal.h"

namespace thrum::linalg {
namespace {

/// Below, packing takes too large a part.
constexpr std::size_t shortest_edge = 256;
/// Of a panel, which with it stays in the first cache.
constexpr std::size_t longest_k = 256;
/// Of C, for each task: its rows of A stay in the second cache. Multiples of every register tile.
constexpr std::size_t task_rows = 96;
constexpr std::size_t task_cols = 480;
constexpr std::size_t panels_per_task = 8;

std::size_t parts(std::size_t n, std::size_t size) {
  return (n + size - 1) / size;
}

/// Panels of an operand of `n` rows (of A) or columns (of B), `width` of them in each.
template <class T>
class Panels {
 public:
  Panels(std::size_t n, std::size_t width, std::size_t most_k)
      : n_(n), width_(width), values_(hwy::AllocateAligned<T>(count() * width * most_k)) {}

  std::size_t count() const { return parts(n_, width_); }
  const T* from(std::size_t first, std::size_t k) const { return values_.get() + first * k; }

  /// operand: (n, k); its element (i, p) is at data[i * step_i + p * step_p].
  void pack(std::size_t panel, const T* data, std::size_t step_i, std::size_t step_p, std::size_t k) {
    const std::size_t first = panel * width_, n = std::min(width_, n_ - first);
    T* out = values_.get() + first * k;
    data += first * step_i;
    if (n < width_) std::fill_n(out, width_ * k, T{0});
    if (step_i == 1) {
      for (std::size_t p = 0; p < k; ++p) std::copy_n(data + p * step_p, n, out + p * width_);
      return;
    }
    // A few columns at a time, so that what is written stays in the first cache until its lines are full.
    constexpr std::size_t columns = 16;
    for (std::size_t begin = 0; begin < k; begin += columns) {
      const std::size_t end = std::min(begin + columns, k);
      for (std::size_t i = 0; i < n; ++i) {
        for (std::size_t p = begin; p < end; ++p) out[p * width_ + i] = data[i * step_i + p * step_p];
      }
    }
  }

 private:
  std::size_t n_;
  std::size_t width_;
  hwy::AlignedFreeUniquePtr<T[]> values_;
};

}  // namespace

template <class T>
bool packs_product(std::size_t m, std::size_t n, std::size_t k) noexcept {
  return std::min({m, n, k}) >= shortest_edge && !register_tile<T>().empty();
}

template <class T>
void run_packed_product(Arena& arena, const Operand<T>& A, const Operand<T>& B, T alpha, T beta, MatrixView<T> C,
                        std::stop_token stop) {
  const RegisterTile tile = register_tile<T>();
  const std::size_t k_parts = parts(A.cols(), longest_k), longest = parts(A.cols(), k_parts);
  Panels<T> rows(C.rows(), tile.rows, longest), cols(C.cols(), tile.cols, longest);
  const std::size_t row_tasks = parts(rows.count(), panels_per_task), col_tasks = parts(cols.count(), panels_per_task);
  const std::size_t tiles_down = parts(C.rows(), task_rows), tiles_across = parts(C.cols(), task_cols);
  for (std::size_t begin = 0; begin < A.cols(); begin += longest) {
    const std::size_t end = std::min(begin + longest, A.cols()), k = end - begin;
    const Operand<T> a = A.part({0, C.rows(), begin, end}), b = B.part({begin, end, 0, C.cols()});
    const auto pack = [&](std::size_t task) {
      const bool of_a = task < row_tasks;
      Panels<T>& panels = of_a ? rows : cols;
      const Operand<T>& operand = of_a ? a : b;
      const bool along_rows = of_a == operand.transposed;  // whether neighbours in a panel are neighbours in memory
      const std::size_t stride = operand.matrix.stride(), first = (of_a ? task : task - row_tasks) * panels_per_task;
      for (std::size_t p = first; p < std::min(first + panels_per_task, panels.count()); ++p) {
        panels.pack(p, operand.matrix.data(), along_rows ? 1 : stride, along_rows ? stride : 1, k);
      }
    };
    arena.run(row_tasks + col_tasks, pack, stop);
    const auto multiply = [&](std::size_t task) {
      const std::size_t i = task / tiles_across * task_rows, j = task % tiles_across * task_cols;
      const Block part{i, std::min(i + task_rows, C.rows()), j, std::min(j + task_cols, C.cols())};
      multiply_packed({rows.from(i, k), cols.from(j, k), k, alpha, begin == 0 ? beta : T{1}}, block_of(C, part));
    };
    arena.run(tiles_down * tiles_across, multiply, stop);
  }
}

template bool packs_product<float>(std::size_t, std::size_t, std::size_t) noexcept;
template bool packs_product<double>(std::size_t, std::size_t, std::size_t) noexcept;
template void run_packed_product(Arena&, const Operand<float>&, const Operand<float>&, float, float, MatrixView<float>,
                                 std::stop_token);
template void run_packed_product(Arena&, const Operand<double>&, const Operand<double>&, double, double,
                                 MatrixView<double>, std::stop_token);

}  // namespace thrum::linalg
