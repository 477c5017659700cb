#pragma once

#include <stop_token>

#include "thrum/linalg/matrix_internal.h"
#include "thrum/runtime/parallel.h"

namespace thrum::linalg {

/// Whether a product of this shape is worth packing, which follows from the shape and the machine's instruction set.
template <class T>
bool packs_product(std::size_t m, std::size_t n, std::size_t k) noexcept;

/// C = alpha A B + beta C by a kernel of our own: each operand is packed once, for all tasks. The inner dimension is
/// cut, so that few of their numbers are packed at a time. Each element is summed in one order, so that tasks may be
/// small. REQUIRES: packs_product. Throws cancelled.
template <class T>
void run_packed_product(Arena& arena, const Operand<T>& A, const Operand<T>& B, T alpha, T beta, MatrixView<T> C,
                        std::stop_token stop);

}  // namespace thrum::linalg
