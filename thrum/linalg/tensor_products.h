#pragma once

#include <stop_token>

#include "thrum/core/tensor_view.h"
#include "thrum/linalg/gemm.h"

namespace thrum::linalg {

/// C[i] = alpha op(A[i]) op(B[i]) + beta C[i] for every i.
///
/// op(A): (b, m, k), op(B): (b, k, n), C: (b, m, n), where op transposes every matrix; A or B may be a single matrix,
/// (1, …), for all i. C must not overlap A or B. Many small products run in parallel over i, few large ones each on all
/// threads: which, follows from the shapes, so the same bits for any number of threads, and those of gemm.
///
/// Throws invalid_argument for shapes that do not fit or exceed 2^31 - 1; io as blas_info; out_of_memory; cancelled,
/// after which C holds anything. Thread-safe.
void batched_gemm(Arena& arena, TensorView<const float> A, TensorView<const float> B, TensorView<float> C,
                  const GemmOptions& options = {});
void batched_gemm(Arena& arena, TensorView<const double> A, TensorView<const double> B, TensorView<double> C,
                  const GemmOptions& options = {});

/// Contracts one axis of a tensor with the rows of a matrix: for axis 1, C(i, q, l) = sum over j of A(i, j, l) B(j, q),
/// and so on, as numpy.einsum("ijl,jq->iql", A, B).
///
/// A: (n, m, k), B: (length of the axis, q), C: the shape of A with q in place of that length. `axis`: 0, 1 or 2. C
/// must not overlap A or B. It is one product of matrices, or for axis 1 one for every i; no element moves before it.
///
/// Throws as batched_gemm, and invalid_argument for another axis. Thread-safe.
void contract(Arena& arena, TensorView<const float> A, int axis, MatrixView<const float> B, TensorView<float> C,
              std::stop_token stop = {});
void contract(Arena& arena, TensorView<const double> A, int axis, MatrixView<const double> B, TensorView<double> C,
              std::stop_token stop = {});

}  // namespace thrum::linalg
