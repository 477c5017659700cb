#pragma once

#include <cstddef>
#include <cstdint>

#include "thrum/core/view.h"
#include "thrum/runtime/parallel.h"

/// The parallel matrix product as books tell it, a page each, to be read and to be compared with: linalg::gemm is the
/// one to use. All compute C = A B for A: (m, k), B: (k, n), C: (m, n), float32 or float64, row-major; C must not
/// overlap A or B. The same bits for any number of threads. They throw invalid_argument for shapes that do not fit and
/// out_of_memory. Thread-safe.
namespace thrum::linalg::textbook {

/// c_ij = sum over l of a_il b_lj, for every row i by itself: the definition, and the parallel loop that it asks for. B
/// is read once per row, by columns, a cache line for each element.
template <class T>
void naive_product(Arena& arena, MatrixView<const T> A, MatrixView<const T> B, MatrixView<T> C);

/// The same sums in blocks that fit into the caches, so that what was read is used many times before it is forgotten.
/// M. S. Lam, E. E. Rothberg and M. E. Wolf, "The cache performance and optimizations of blocked algorithms", 1991.
template <class T>
void blocked_product(Arena& arena, MatrixView<const T> A, MatrixView<const T> B, MatrixView<T> C);

/// Halves the longest of m, n and k until a piece is small: no size of a cache is named, and yet pieces of every
/// cache's size occur. Halves of m and n are independent and run in parallel; those of k follow each other. M. Frigo,
/// C. E. Leiserson, H. Prokop and S. Ramachandran, "Cache-oblivious algorithms", 1999.
template <class T>
void recursive_product(Arena& arena, MatrixView<const T> A, MatrixView<const T> B, MatrixView<T> C);

/// Seven products of half the size instead of eight, in parallel, and eighteen additions: an eighth less work, with
/// somewhat larger rounding errors. One level, on even sizes; an odd row or column is added by itself. V. Strassen,
/// "Gaussian elimination is not optimal", 1969.
template <class T>
void strassen_product(Arena& arena, MatrixView<const T> A, MatrixView<const T> B, MatrixView<T> C);

/// Whether C = A B, by A (B x) = C x for `rounds` random vectors x of zeros and ones: quadratic work instead of cubic.
/// A wrong C passes with a probability of at most 2^-rounds; of floating-point numbers, errors count beyond
/// `tolerance` * |A| (|B| x) per component. R. Freivalds, "Probabilistic machines can use less running time", 1977.
template <class T>
bool is_product(Arena& arena, MatrixView<const T> A, MatrixView<const T> B, MatrixView<const T> C, double tolerance,
                int rounds = 20, std::uint64_t seed = 0);

}  // namespace thrum::linalg::textbook
