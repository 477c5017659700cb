#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "thrum/linalg/blas.h"
#include "thrum/runtime/parallel.h"

namespace thrum::linalg {

/// The values of CBLAS enumerations.
enum class Order : int { row_major = 101 };
enum class Transpose : int { no = 111, yes = 112 };
enum class Triangle : int { upper = 121, lower = 122 };
enum class Diagonal : int { any = 131 };
enum class Side : int { left = 141, right = 142 };

/// The functions of one element type. All may be called from several threads at once.
template <class T>
struct BlasFunctions {
  void (*gemm)(Order, Transpose a, Transpose b, int m, int n, int k, T alpha, const T* A, int lda, const T* B, int ldb,
               T beta, T* C, int ldc) = nullptr;
  void (*gemv)(Order, Transpose, int m, int n, T alpha, const T* A, int lda, const T* x, int incx, T beta, T* y,
               int incy) = nullptr;
  void (*syrk)(Order, Triangle, Transpose, int n, int k, T alpha, const T* A, int lda, T beta, T* C, int ldc) = nullptr;
  void (*trsm)(Order, Side, Triangle, Transpose, Diagonal, int m, int n, T alpha, const T* A, int lda, T* B,
               int ldb) = nullptr;
  /// LAPACK's Cholesky factorisation: column-major, so its 'U' is the lower triangle here.
  void (*potrf)(const char* triangle, const int* n, T* A, const int* lda, int* info) = nullptr;

  // What follows is Fortran: column-major, everything by address, and behind the arguments the lengths of the texts.
  /// A = L Q, and Q from what it leaves.
  void (*gelqf)(const int* m, const int* n, T* A, const int* lda, T* tau, T* work, const int* work_size,
                int* info) = nullptr;
  void (*orglq)(const int* m, const int* n, const int* k, T* A, const int* lda, const T* tau, T* work,
                const int* work_size, int* info) = nullptr;
  /// Singular values, by divide and conquer.
  void (*gesdd)(const char* job, const int* m, const int* n, T* A, const int* lda, T* s, T* U, const int* ldu, T* Vt,
                const int* ldvt, T* work, const int* work_size, int* iwork, int* info,
                std::size_t job_length) = nullptr;
  /// Eigenvalues and eigenvectors of a symmetric matrix, by divide and conquer.
  void (*syevd)(const char* job, const char* triangle, const int* n, T* A, const int* lda, T* values, T* work,
                const int* work_size, int* iwork, const int* iwork_size, int* info, std::size_t job_length,
                std::size_t triangle_length) = nullptr;
};

struct Blas {
  BlasInfo info;
  BlasFunctions<float> f32;
  BlasFunctions<double> f64;

  template <class T>
  const BlasFunctions<T>& functions() const noexcept;
};
template <>
inline const BlasFunctions<float>& Blas::functions<float>() const noexcept {
  return f32;
}
template <>
inline const BlasFunctions<double>& Blas::functions<double>() const noexcept {
  return f64;
}

/// What the choice of kernels looks at: the levels of Highway's kernels, so that pin_simd_level() holds for both.
struct CpuFeatures {
  bool avx3 = false;  ///< AVX-512 F, BW, DQ, VL
  bool avx2 = false;  ///< with FMA
  bool sse4 = false;
};
/// Of this CPU, as far as they are not disabled.
CpuFeatures cpu_features() noexcept;

/// The name OpenBLAS gives to the fastest kernels for such a CPU; "" to leave the choice to it (no x86).
std::string openblas_core(const CpuFeatures& cpu);

/// The first of `candidates` (paths, or names that the loader searches) that can be used.
/// Throws io with what was wrong with each.
Blas load_blas(std::span<const std::string> candidates);

/// The process's BLAS; see blas_info().
const Blas& blas();

/// Before calls from all places of `arena` at once: throws out_of_memory where there is no address space for their
/// buffers, for which OpenBLAS would otherwise try for ever.
void require_blas_buffers(const Arena& arena);

}  // namespace thrum::linalg
