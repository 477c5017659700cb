#include "thrum/linalg/packed_product_internal.h"

#include <hwy/aligned_allocator.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <new>

#include "thrum/linalg/packed_kernel_internal.h"
#include "thrum/linalg/transpose.h"

namespace thrum::linalg {
namespace {

/// Below, packing takes too large a part.
constexpr std::size_t shortest_edge = 256;
/// So few rows of A stay in the first cache.
constexpr std::size_t longest_k = 512;
/// Of C, for each task at most. Its columns of B and its part of C stay in the second cache.
constexpr std::size_t task_rows = 96;
constexpr std::size_t task_column_bytes = 336 * sizeof(float);
/// Rows of B that a task packs.
constexpr std::size_t packed_rows = 64;
/// What is packed at a time, where it holds one part of the inner dimension at least: the last cache may.
constexpr std::size_t packed_bytes = std::size_t{16} << 20;

std::size_t parts(std::size_t n, std::size_t size) {
  return (n + size - 1) / size;
}

/// Cuts n into as many parts as `largest` would, but of nearly equal size, a multiple of `unit`.
std::size_t even_part(std::size_t n, std::size_t largest, std::size_t unit) {
  return parts(parts(n, unit), parts(n, largest)) * unit;
}

struct Memory {
  explicit Memory(std::size_t n) : size(n), bytes(hwy::AllocateAligned<std::byte>(n)) {
    if (bytes == nullptr) throw std::bad_alloc();
  }
  std::size_t size;
  hwy::AlignedFreeUniquePtr<std::byte[]> bytes;
};

/// Memory that a product leaves to the next one, unless it is much: pages given anew cost a tenth of a small product.
class Workspace {
 public:
  explicit Workspace(std::size_t size) : memory_(left.exchange(nullptr)) {
    if (memory_ == nullptr || memory_->size < size) memory_ = std::make_unique<Memory>(size);
  }
  ~Workspace() {
    if (memory_->size <= 2 * packed_bytes) memory_.reset(left.exchange(memory_.release()));
  }
  Workspace(const Workspace&) = delete;
  Workspace& operator=(const Workspace&) = delete;

  template <class T>
  T* as() const {
    return reinterpret_cast<T*>(memory_->bytes.get());
  }

 private:
  static inline std::atomic<Memory*> left = nullptr;
  std::unique_ptr<Memory> memory_;
};

/// How a product is cut.
template <class T>
struct Cut {
  Cut(std::size_t m, std::size_t n, std::size_t k)
      : tile(register_tile<T>()),
        part(even_part(k, longest_k, 1)),
        padded_n(parts(n, tile.cols) * tile.cols),
        height(even_part(m, task_rows, tile.rows)),
        width(even_part(n, task_column_bytes / sizeof(T), tile.cols)),
        tiles_down(parts(m, height)),
        n_tiles(tiles_down * parts(n, width)) {
    slab = std::min(k, std::max<std::size_t>(1, packed_bytes / (padded_n * part * sizeof(T))) * part);
  }

  Block block(std::size_t task, MatrixView<T> C) const {
    const std::size_t i = task % tiles_down * height, j = task / tiles_down * width;
    return {i, std::min(i + height, C.rows()), j, std::min(j + width, C.cols())};
  }

  RegisterTile tile;
  std::size_t part;  ///< of the inner dimension, in one call of the kernel
  std::size_t slab;  ///< of the inner dimension, packed at a time: whole parts
  std::size_t padded_n;
  std::size_t height;
  std::size_t width;
  std::size_t tiles_down;
  std::size_t n_tiles;
};

/// The operand in rows, which are copied to `copy` where it is transposed.
template <class T>
MatrixView<const T> in_rows(Arena& arena, const Operand<T>& operand, T* copy, const std::stop_token& stop) {
  if (!operand.transposed) return operand.matrix;
  const MatrixView<T> rows(copy, operand.rows(), operand.cols());
  transpose(arena, operand.matrix, rows, stop);
  return rows;
}

/// Rows [begin, end) of B to their places in the panels of `width` columns and all rows of B, padded with zeros.
template <class T>
void pack_rows(MatrixView<const T> B, std::size_t begin, std::size_t end, std::size_t width, T* panels) {
  for (std::size_t p = begin; p < end; ++p) {
    for (std::size_t j = 0; j < B.cols(); j += width) {
      const std::size_t n = std::min(width, B.cols() - j);
      T* const out = std::copy_n(&B(p, j), n, panels + j * B.rows() + p * width);
      std::fill_n(out, width - n, T{0});
    }
  }
}

}  // namespace

template <class T>
bool packs_product(std::size_t m, std::size_t n, std::size_t k) noexcept {
  return std::min({m, n, k}) >= shortest_edge && !register_tile<T>().empty();
}

template <class T>
void run_packed_product(Arena& arena, const Operand<T>& A, const Operand<T>& B, T alpha, T beta, MatrixView<T> C,
                        std::stop_token stop) {
  const std::size_t m = C.rows(), n = C.cols(), k = A.cols();
  const Cut<T> cut(m, n, k);
  const std::size_t row_size = cut.padded_n + (A.transposed ? m : 0) + (B.transposed ? n : 0);
  const Workspace workspace(row_size * cut.slab * sizeof(T));
  T* const panels = workspace.as<T>();
  T* const copy_of_b = panels + cut.padded_n * cut.slab;
  T* const copy_of_a = copy_of_b + (B.transposed ? n * cut.slab : 0);
  for (std::size_t begin = 0; begin < k; begin += cut.slab) {
    const std::size_t end = std::min(begin + cut.slab, k), n_parts = parts(end - begin, cut.part);
    const MatrixView<const T> a = in_rows(arena, A.part({0, m, begin, end}), copy_of_a, stop);
    const MatrixView<const T> b = in_rows(arena, B.part({begin, end, 0, n}), copy_of_b, stop);
    const auto part_of = [&](std::size_t q) {
      return block_of(b, {q * cut.part, std::min((q + 1) * cut.part, b.rows()), 0, n});
    };
    const std::size_t tasks_per_part = parts(cut.part, packed_rows);
    const auto pack = [&](std::size_t task) {
      const std::size_t q = task / tasks_per_part, first = task % tasks_per_part * packed_rows;
      const MatrixView<const T> rows = part_of(q);
      pack_rows(rows, first, std::min(first + packed_rows, rows.rows()), cut.tile.cols,
                panels + q * cut.part * cut.padded_n);
    };
    arena.run(n_parts * tasks_per_part, pack, stop);
    const auto multiply = [&](std::size_t task) {
      const Block at = cut.block(task, C);
      for (std::size_t q = 0; q < n_parts; ++q) {
        const std::size_t k_begin = q * cut.part, rows = part_of(q).rows();
        multiply_packed(
            {block_of(a, {at.row_begin, at.row_end, k_begin, k_begin + rows}),
             panels + k_begin * cut.padded_n + at.col_begin * rows, alpha, begin + k_begin == 0 ? beta : T{1}},
            block_of(C, at));
      }
    };
    arena.run(cut.n_tiles, multiply, stop);
  }
}

template bool packs_product<float>(std::size_t, std::size_t, std::size_t) noexcept;
template bool packs_product<double>(std::size_t, std::size_t, std::size_t) noexcept;
template void run_packed_product(Arena&, const Operand<float>&, const Operand<float>&, float, float, MatrixView<float>,
                                 std::stop_token);
template void run_packed_product(Arena&, const Operand<double>&, const Operand<double>&, double, double,
                                 MatrixView<double>, std::stop_token);

}  // namespace thrum::linalg
