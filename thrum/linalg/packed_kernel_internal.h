#pragma once

#include <cstddef>

#include "thrum/core/view.h"

namespace thrum::linalg {

/// The part of a product that the kernel keeps in registers: (rows, cols). Empty where the machine's kernel is not
/// faster than OpenBLAS's: without fused multiply-adds.
struct RegisterTile {
  std::size_t rows = 0;
  std::size_t cols = 0;
  bool empty() const { return rows == 0; }
};
template <class T>
RegisterTile register_tile() noexcept;
template <>
RegisterTile register_tile<float>() noexcept;
template <>
RegisterTile register_tile<double>() noexcept;

/// Operands of C = alpha A B + beta C.
template <class T>
struct PackedProduct {
  MatrixView<const T> A;  ///< REQUIRES: tile.rows rows at least, with those that lie before it in memory
  /// Panels (A.cols(), tile.cols), each of that many columns of B, the last padded with zeros; aligned to 64 bytes.
  const T* b;
  T alpha;
  T beta;  ///< 0: C is not read
};

/// Each element is summed over k in the same order, wherever C is cut between panels. REQUIRES: a register tile.
void multiply_packed(const PackedProduct<float>& product, MatrixView<float> C) noexcept;
void multiply_packed(const PackedProduct<double>& product, MatrixView<double> C) noexcept;

}  // namespace thrum::linalg
